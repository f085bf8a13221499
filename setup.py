"""How the compiled backend is built; everything else stands in pyproject.toml.

Switches, in the environment (unset, empty or 0: off):
  SSEFOLD_NO_EXTENSIONS  build the pure backend alone: no compiler needed, a py3-none-any wheel
  SSEFOLD_SCALAR         no vectors: the loops that machines without SSE2 and NEON run
  SSEFOLD_SANITIZE       address and undefined-behaviour sanitizers (`make test` preloads them)
  SSEFOLD_COVERAGE       line tracing for Cython's coverage plugin

A module that cannot be compiled fails the build: a package that is slower than promised, and
does not say so, is worse than none.

What was built is kept in build/modules/ under the digest of all that it was made from: an edit
builds the modules that it touches, and no other.
"""

import hashlib
import os
import platform
import re
import shutil
import sys
import sysconfig
from functools import cache
from importlib.metadata import version
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.errors import CCompilerError, ExecError, PlatformError

PACKAGE = "src/ssefold"
BACKEND = "ssefold._c"

# Written once for both backends: src/ssefold/engine/NAME.py, compiled with the types of
# _c/engine/NAME.pxd.
ENGINE = [
    "blockdata",
    "detect",
    "detect_named",
    "event_address",
    "event_full",
    "event_items",
    "event_merge",
    "event_numbers",
    "event_order",
    "event_starts",
    "event_verbs",
    "events",
    "field_calls",
    "field_candidates",
    "field_merge",
    "field_parts",
    "field_rules",
    "field_unknown",
    "field_voices",
    "field_written",
    "framing_base",
    "framing_binary",
    "framing_elements",
    "framing_lines",
    "framing_sniff",
    "growth",
    "jsonvalue",
    "judgement",
    "ledger",
    "log",
    "lookup_blocks",
    "lookup_calls",
    "lookup_hints",
    "partial",
    "plan",
    "rows",
    "state",
    "stream",
    "stream_bodies",
    "stream_bystanders",
    "stream_damage",
    "stream_failures",
    "stream_frames",
    "stream_life",
    "stream_strays",
    "stream_undecided",
    "table",
    "taking",
    "wiretext",
]
# Written in Cython: src/ssefold/_c/NAME.pyx; a dot leads into a folder.
CYTHON = [
    "core",
    "decoder",
    "fast.build",
    "fast.jsoncompact",
    "fast.members",
    "fast.runs",
    "fast.slots",
    "fast.templates",
    "following",
    "framing",
    "jsonread",
    "jsonwrite",
    "readings",
    "statewrite",
    "text",
    "wired",
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


KEPT = Path("build/modules")

RELATIVE = re.compile(r"^ *from (\.+)([\w.]+) c?import", re.MULTILINE)

# Loops in C, as a compiler, clang-format and a test see them; named by .pxd and .pyx files.
HEADERS = f"{PACKAGE}/_c/include"
HEADER = re.compile(r'^ *(?:cdef extern from|#\s*include) "(\w+\.h)"', re.MULTILINE)


def switch(name):
    return os.environ.get(f"SSEFOLD_{name}", "") not in ("", "0")


def extensions():
    if switch("NO_EXTENSIONS"):
        return []
    sources = {f"engine.{name}": f"{PACKAGE}/engine/{name}.py" for name in ENGINE}
    sources.update({name: f"{PACKAGE}/_c/{name.replace('.', '/')}.pyx" for name in CYTHON})
    return [
        Extension(f"{BACKEND}.{name}", [path], include_dirs=[HEADERS])
        for name, path in sources.items()
    ]


@cache
def contracts(name):
    """The .pxd files and headers that a module of the compiled backend sees, and those named there.

    name: the module's, below `ssefold._c`. A relative import means the same in a .py of the
    engine and in the .pxd beside which it is compiled.
    """
    found = set()
    waiting = [name]
    while waiting:
        here = waiting.pop()
        source = f"{PACKAGE}/{here.replace('.', '/')}.py"
        stem = f"{PACKAGE}/_c/{here.replace('.', '/')}"
        for path in map(Path, (source, f"{stem}.pyx", f"{stem}.pxd")):
            if path in found or not path.is_file():
                continue
            found.add(path)
            text = path.read_text("utf-8")
            found |= headers(text)
            for dots, named in RELATIVE.findall(text):
                above = here.split(".")[: -len(dots)]
                waiting.append(".".join([*above, named]))
    return sorted(path for path in found if path.suffix in (".pxd", ".h"))


def headers(text):
    """Our own headers that a source names, and those that these name."""
    found = {Path(HEADERS, name) for name in HEADER.findall(text)}
    found = {path for path in found if path.is_file()}
    return found.union(*(headers(path.read_text("utf-8")) for path in found))


class BuildExtensions(build_ext):
    """Cythonize and compile what is not kept from before, and say what to do on failure."""

    def finalize_options(self):
        super().finalize_options()
        self.force = True  # what need not be built is known by its digest, not by times
        self.parallel = self.parallel or os.cpu_count()

    def run(self):
        self.origins = {each.name: each.sources[0] for each in self.extensions}
        self.digests = {each.name: self.digest(each) for each in self.extensions}
        missing = [each for each in self.extensions if not self.is_kept(each)]
        if missing:
            self.announce(f"compiling {len(missing)} modules: about a minute on two cores", 2)
            self.cythonize(missing)
        try:
            super().run()
        except (CCompilerError, ExecError, PlatformError) as error:
            raise type(error)(f"{error}\n{HINT}") from error

    def digest(self, extension):
        """What tells a build from others: sources, contracts, switches, compiler, interpreter."""
        seen = contracts(extension.name.removeprefix(f"{BACKEND}."))
        source = self.origins[extension.name]
        parts = [Path(name).read_bytes() for name in ("setup.py", source, *seen)]
        words = [
            sys.version, sysconfig.get_config_var("EXT_SUFFIX"), sysconfig.get_platform(),
            platform.python_compiler(), version("Cython"), extension.name,
            *(os.environ.get(name, "") for name in ("CC", "CFLAGS", "LDFLAGS", "CPPFLAGS")),
            *(str(switch(name)) for name in ("SCALAR", "SANITIZE", "COVERAGE")),
        ]  # fmt: skip
        parts += [str(word).encode() for word in words]
        return hashlib.sha256(b"\0".join(parts)).hexdigest()[:32]

    def kept(self, extension):
        """Where the module is kept that was built from just this."""
        name = extension.name.removeprefix(f"{BACKEND}.")
        return KEPT / f"{name}-{self.digests[extension.name]}"

    def is_kept(self, extension):
        # Coverage reads the C source beside the module as well: it is always made anew.
        return not switch("COVERAGE") and self.kept(extension).exists()

    def build_extension(self, extension):
        kept = self.kept(extension)
        target = Path(self.get_ext_fullpath(extension.name))
        if self.is_kept(extension):
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(kept, target)
            return
        super().build_extension(extension)
        if self.digest(extension) != self.digests[extension.name]:
            raise RuntimeError(f"{extension.name} was edited while it was compiled: build again")
        KEPT.mkdir(parents=True, exist_ok=True)
        name = extension.name.removeprefix(f"{BACKEND}.")
        for old in sorted(KEPT.glob(f"{name}-*"), key=os.path.getmtime)[:-3]:
            old.unlink(missing_ok=True)  # one for each switch, and the one before an edit
        shutil.copyfile(target, kept.with_suffix(".new"))
        os.replace(kept.with_suffix(".new"), kept)

    def cythonize(self, extensions):
        # Imported here, so that neither a pure build nor an sdist needs Cython.
        from Cython.Build import cythonize

        tracing = switch("COVERAGE")
        generated = cythonize(
            extensions,
            # The coverage plugin looks for the C source beside the module, and nowhere else.
            build_dir=None if tracing else "build/cython",
            compiler_directives={**DIRECTIVES, "linetrace": tracing},
            force=True,
        )
        # Sources only: setuptools has noted paths and names on the objects it already holds.
        sources = {result.name: result.sources for result in generated}
        for extension in extensions:
            extension.sources = sources[extension.name]

    def build_extensions(self):
        for extension in self.extensions:
            if switch("SCALAR"):
                extension.define_macros.append(("SSEFOLD_SCALAR", "1"))
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
