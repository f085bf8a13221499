"""How the compiled backend is built; everything else stands in pyproject.toml.

Switches, in the environment (unset, empty or 0: off):
  SSEFOLD_NO_EXTENSIONS  build the pure backend alone: no compiler needed, a py3-none-any wheel
  SSEFOLD_SANITIZE       address and undefined-behaviour sanitizers (`make test` preloads them)
  SSEFOLD_COVERAGE       line tracing for Cython's coverage plugin

A module that cannot be compiled fails the build: a package that is slower than promised, and
does not say so, is worse than none.
"""

import os

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.errors import CCompilerError, ExecError, PlatformError

PACKAGE = "src/ssefold"

# Written once for both backends: src/ssefold/NAME.py, compiled with the types of _c/NAME.pxd.
ONE_SOURCE = [
    "actions",
    "addresses",
    "arrivals",
    "asked",
    "bodies",
    "bystanders",
    "blocks",
    "candidates",
    "called",
    "calls",
    "data",
    "detect",
    "ending",
    "events",
    "fragments",
    "full",
    "items",
    "ledger",
    "log",
    "merge",
    "news",
    "parts",
    "path",
    "plain",
    "routes",
    "sequence",
    "signs",
    "starts",
    "state",
    "stream",
    "table",
    "voices",
    "wire",
    "written",
]
# Written in Cython: src/ssefold/_c/NAME.pyx.
CYTHON = [
    "build",
    "core",
    "decoder",
    "framing",
    "jsoncompact",
    "jsonread",
    "jsonwrite",
    "members",
    "runs",
    "slots",
    "statewrite",
    "templates",
    "text",
]

DIRECTIVES = {
    "language_level": 3,
    "annotation_typing": False,  # the annotations are for type checkers, the .pxd files for C
    "binding": False,
    "embedsignature": True,
    "embedsignature.format": "python",
}

SANITIZERS = ["-O1", "-g", "-fno-omit-frame-pointer", "-fsanitize=address,undefined"]

HINT = """
ssefold's compiled backend could not be built: the compiler's message stands above.
It takes a C compiler and Python's headers:
  Debian, Ubuntu   apt install build-essential python3-dev
  Fedora, RHEL     dnf install gcc python3-devel
  macOS            xcode-select --install
  Windows          Visual Studio Build Tools, "Desktop development with C++"
Or set SSEFOLD_NO_EXTENSIONS=1 for the pure backend: the same results, more slowly."""


def switch(name):
    return os.environ.get(f"SSEFOLD_{name}", "") not in ("", "0")


def extensions():
    if switch("NO_EXTENSIONS"):
        return []
    sources = {name: f"{PACKAGE}/{name}.py" for name in ONE_SOURCE}
    sources.update({name: f"{PACKAGE}/_c/{name}.pyx" for name in CYTHON})
    return [Extension(f"ssefold._c.{name}", [path]) for name, path in sources.items()]


class BuildExtensions(build_ext):
    """Cythonize when there is something to build, compile, and say what to do on failure."""

    def finalize_options(self):
        super().finalize_options()
        # Times alone say too little: neither a switch that changed nor the .pxd of a one-source
        # module would be noticed, and a sanitized object could end up in a wheel.
        self.force = True
        self.parallel = self.parallel or os.cpu_count()

    def run(self):
        self.cythonize()
        try:
            super().run()
        except (CCompilerError, ExecError, PlatformError) as error:
            raise type(error)(f"{error}\n{HINT}") from error

    def cythonize(self):
        # Imported here, so that neither a pure build nor an sdist needs Cython.
        from Cython.Build import cythonize

        tracing = switch("COVERAGE")
        generated = cythonize(
            self.extensions,
            # The coverage plugin looks for the C source beside the module, and nowhere else.
            build_dir=None if tracing else "build/cython",
            compiler_directives={**DIRECTIVES, "linetrace": tracing},
            force=True,
        )
        # Sources only: setuptools has noted paths and names on the objects it already holds.
        sources = {result.name: result.sources for result in generated}
        for extension in self.extensions:
            extension.sources = sources[extension.name]

    def build_extensions(self):
        for extension in self.extensions:
            if switch("COVERAGE"):
                extension.define_macros += [
                    ("CYTHON_TRACE", "1"),
                    ("CYTHON_TRACE_NOGIL", "1"),
                    ("CYTHON_USE_SYS_MONITORING", "0"),  # coverage's C tracer does not see it
                ]
            if self.compiler.compiler_type != "msvc":
                self.unix_flags(extension)
        super().build_extensions()

    def unix_flags(self, extension):
        if switch("SANITIZE"):
            extension.extra_compile_args += [*SANITIZERS, "-fno-sanitize-recover=all"]
            extension.extra_link_args += SANITIZERS
        elif not switch("COVERAGE"):
            extension.extra_compile_args += ["-O3"]


setup(ext_modules=extensions(), cmdclass={"build_ext": BuildExtensions})
