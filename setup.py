"""How the compiled backend is built; everything else stands in pyproject.toml.

Switches, in the environment (unset, empty or 0: off):
  SSEFOLD_NO_EXTENSIONS  build the pure backend alone: no compiler needed, a py3-none-any wheel
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
    "strays",
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


KEPT = Path("build/modules")


def switch(name):
    return os.environ.get(f"SSEFOLD_{name}", "") not in ("", "0")


def extensions():
    if switch("NO_EXTENSIONS"):
        return []
    sources = {name: f"{PACKAGE}/{name}.py" for name in ONE_SOURCE}
    sources.update({name: f"{PACKAGE}/_c/{name}.pyx" for name in CYTHON})
    return [Extension(f"ssefold._c.{name}", [path]) for name, path in sources.items()]


@cache
def contracts(path):
    """The .pxd files that a source sees: its own, those that it names, and those that they do."""
    found = set()
    waiting = [path, Path(PACKAGE, "_c", path.stem).with_suffix(".pxd")]
    while waiting:
        here = waiting.pop()
        if here in found or not here.is_file():
            continue
        found.add(here)
        names = re.findall(r"^from \.(\w+) (?:c?import)", here.read_text("utf-8"), re.MULTILINE)
        waiting += [Path(PACKAGE, "_c", name).with_suffix(".pxd") for name in names]
    return sorted(found - {path})


class BuildExtensions(build_ext):
    """Cythonize and compile what is not kept from before, and say what to do on failure."""

    def finalize_options(self):
        super().finalize_options()
        self.force = True  # what need not be built is known by its digest, not by times
        self.parallel = self.parallel or os.cpu_count()

    def run(self):
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
        source = Path(extension.sources[0])
        parts = [
            Path(name).read_bytes() for name in ("setup.py", source, *contracts(source))
        ]
        words = [
            sys.version, sysconfig.get_config_var("EXT_SUFFIX"), sysconfig.get_platform(),
            platform.python_compiler(), version("Cython"), extension.name,
            *(os.environ.get(name, "") for name in ("CC", "CFLAGS", "LDFLAGS", "CPPFLAGS")),
            *(str(switch(name)) for name in ("SANITIZE", "COVERAGE")),
        ]  # fmt: skip
        parts += [str(word).encode() for word in words]
        return hashlib.sha256(b"\0".join(parts)).hexdigest()[:32]

    def kept(self, extension):
        """Where the module is kept that was built from just this."""
        name = extension.name.rpartition(".")[2]
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
        KEPT.mkdir(parents=True, exist_ok=True)
        name = extension.name.rpartition(".")[2]
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
