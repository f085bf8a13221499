#ifndef SSEFOLD_INTERPRETER_H
#define SSEFOLD_INTERPRETER_H
/* What jsonread.pyx must know of the interpreter and of the compiler's doubles. */
#include <float.h>
#include <Python.h>
#ifdef Py_GIL_DISABLED /* the table of keys has no lock */
  #define SSEFOLD_KEEP_KEYS 0
#else
  #define SSEFOLD_KEEP_KEYS 1
#endif
/* Where doubles are computed as doubles, one operation on exact values is exact. */
#if defined(FLT_EVAL_METHOD) && FLT_EVAL_METHOD == 0
  #define SSEFOLD_EXACT_DOUBLES 1
#else
  #define SSEFOLD_EXACT_DOUBLES 0
#endif
/* A dict that grows past five members is laid out anew: so make it large at once. */
#if defined(CYTHON_COMPILING_IN_CPYTHON) && CYTHON_COMPILING_IN_CPYTHON
  #define SSEFOLD_NEW_DICT(n) ((n) > 5 ? _PyDict_NewPresized(n) : PyDict_New())
#else
  #define SSEFOLD_NEW_DICT(n) PyDict_New()
#endif
#define SSEFOLD_KEY_SLOTS 1024
static PyObject *ssefold_keys[SSEFOLD_KEY_SLOTS];
static const double ssefold_tens[23] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                        1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                        1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
#endif
