"""Input, stdout and stderr of the command line.

Enters: names of files, bytes and lines to write, rows of tables.
Leaves: chunks of bytes as they come; bytes on stdout; lines, tables and progress that
are fit for a terminal, drawn by rich where it is installed (the extra `cli`).
Must not know: the meaning of the bytes.
"""

from __future__ import annotations

import io
import os
import select
import shutil
import stat
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from importlib import import_module
from typing import Any

from ssefold.cli.excerpt import columns, draw
from ssefold.cli.unpack import Packed, unpacked

READ_SIZE = 64 * 1024

# Servers put whole prompts into error payloads and keys: quotations are cut here.
QUOTED = 400


# -- input ---------------------------------------------------------------------------------


class Unreadable(Exception):
    """An input that cannot be opened or read on; its text says why."""


class Input:
    """The bytes of a file, or of standard input ("-"), as they come.

    A compressed file or pipe is unpacked on the way.
    regular: whether it is a file on a disk, not a pipe of a running program.
    """

    def __init__(self, name: str) -> None:
        self._own = name != "-"
        self._file: Any = _open(name) if self._own else _stdin()
        self.regular = False
        with suppress(OSError, ValueError):  # a stand-in for stdin has no descriptor
            self.regular = stat.S_ISREG(os.fstat(self._file.fileno()).st_mode)

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from unpacked(self._chunks())
        except Packed as failure:
            raise Unreadable(str(failure)) from None

    def _chunks(self) -> Iterator[bytes]:
        while True:
            try:
                chunk = self._file.read(READ_SIZE)
            except OSError as error:
                raise Unreadable(_reason(error)) from None
            if chunk is None:  # a pipe that whoever started us left non-blocking
                select.select([self._file], [], [])
            elif chunk:
                yield chunk
            else:
                return

    def __enter__(self) -> Input:
        return self

    def __exit__(self, *exc: object) -> None:
        if self._own:
            self._file.close()


def _open(name: str) -> Any:
    try:
        return open(name, "rb", buffering=0)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        raise Unreadable(_reason(error)) from None


def _stdin() -> Any:
    """Standard input below its buffer: the buffer takes "nothing yet" for the end."""
    if sys.stdin is None:
        raise Unreadable("standard input is closed")
    buffer = sys.stdin.buffer
    return getattr(buffer, "raw", buffer)


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)


# -- output --------------------------------------------------------------------------------


class Screen:
    """stderr: faults, in lines; and how far many files are, if it is a terminal.

    A bar is on the screen only while a file is read: whoever writes clears it first.
    """

    def __init__(self, total: int) -> None:
        self._total = total
        self._begun = 0
        self._shows = total > 1 and sys.stderr is not None and sys.stderr.isatty()
        self._bar = self._make_bar() if self._shows and _has_rich() else None

    def _make_bar(self) -> Any:
        progress = import_module("rich.progress")
        bar = progress.Progress(
            progress.TextColumn("{task.description}", markup=False),
            progress.BarColumn(),
            progress.MofNCompleteColumn(),
            console=import_module("rich.console").Console(stderr=True),
            transient=True,
            auto_refresh=False,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        bar.add_task("", total=self._total)
        return bar

    def begin(self, name: str) -> None:
        """The next file is being read."""
        self._begun += 1
        if self._bar is not None:
            task = self._bar.task_ids[0]
            self._bar.update(task, description=printable(name), completed=self._begun)
            self._bar.start()
            self._bar.refresh()
        elif self._shows:
            _print_error(f"[{self._begun}/{self._total}] {printable(name)}")

    def clear(self) -> None:
        """Take the bar off."""
        if self._bar is not None:
            self._bar.stop()

    def say(self, name: str, text: str, place: tuple[bytes, int] | None = None) -> None:
        """One line about a file; below it the place of the fault, with a caret."""
        self.clear()
        warn(f"{name}: {text}")
        if place is not None and sys.stderr is not None:
            _print_error(draw(*place, _columns(), sys.stderr.encoding or "utf-8"))

    def __enter__(self) -> Screen:
        return self

    def __exit__(self, *exc: object) -> None:
        self.clear()


class Output:
    """stdout: bytes, written through at once. Raises OSError where the write fails.

    written: whether anything was.
    """

    def __init__(self, screen: Screen) -> None:
        if sys.stdout is None:
            raise OSError("it is closed")
        self._file = sys.stdout.buffer
        self._screen = screen
        self._terminal = sys.stdout.isatty()
        self.written = False

    def write(self, data: bytes) -> None:
        if self._terminal:
            self._screen.clear()
        self.written = True
        self._file.write(data)
        self._file.flush()

    def table(self, head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """A table; columns of numbers align right."""
        cells = [[printable(cut(str(value))) for value in row] for row in rows]
        numeric = {
            index
            for index in range(len(head))
            if all(row[index].isdecimal() or not row[index] for row in cells)
        }
        draw = rich_table if self._terminal and _has_rich() else plain_table
        self.write(draw([name.upper() for name in head], cells, numeric).encode())

    def place(self, title: str, place: tuple[bytes, int]) -> None:
        """A title, and the place of the fault, with a caret."""
        self.write(f"{printable(title)}\n{draw(*place, _columns())}\n".encode())


def _columns() -> int:
    return shutil.get_terminal_size().columns


def warn(text: str) -> None:
    """One line on stderr, whatever characters the text has."""
    _print_error(f"ssefold: {printable(text)}")


def _print_error(line: str) -> None:
    if sys.stderr is not None:  # print() would take stdout instead
        print(line, file=sys.stderr, flush=True)


def abandon(*files: Any) -> None:
    """Let nothing be flushed at exit to where writing failed: it would fail again."""
    for file in files:
        with suppress(OSError, ValueError, AttributeError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, file.fileno())
            os.close(nowhere)


# -- tables ----------------------------------------------------------------------------------


def plain_table(head: list[str], rows: list[list[str]], numeric: set[int]) -> str:
    """Aligned columns; lines as long as they need to be, so that grep finds them whole."""
    table = [head, *rows]
    widths = [max(columns(row[index]) for row in table) for index in range(len(head))]
    lines = []
    for row in table:
        cells = []
        for index, cell in enumerate(row):
            space = " " * (widths[index] - columns(cell))
            cells.append(space + cell if index in numeric else cell + space)
        lines.append("  ".join(cells).rstrip() + "\n")
    return "".join(lines)


def rich_table(head: list[str], rows: list[list[str]], numeric: set[int]) -> str:
    """The same, folded to the terminal's width; repeats in the first column are left out.

    Drawn into a string: rich itself would write in the encoding of the locale.
    """
    table = import_module("rich.table").Table(box=None, pad_edge=False, header_style="bold")
    for index, name in enumerate(head):
        words = 0 < index < len(head) - 1 and all(" " not in row[index] for row in rows)
        table.add_column(
            name,
            justify="right" if index in numeric else "left",
            overflow="fold",
            no_wrap=words or index in numeric,
        )
    text = import_module("rich.text").Text  # markup would take the [0] of a path for a style
    before = ""
    for first, *rest in rows:
        table.add_row(*map(text, ["" if first == before else first, *rest]))
        before = first
    drawn = io.StringIO()
    console = import_module("rich.console").Console(
        file=drawn, force_terminal=True, width=_columns()
    )
    console.print(table)
    return drawn.getvalue()


def _has_rich() -> bool:
    """Asked where there is a terminal only: importing it takes longer than most folds."""
    try:
        for module in ("console", "progress", "table", "text"):
            import_module(f"rich.{module}")
    except ImportError:
        return False
    return True


# -- text ----------------------------------------------------------------------------------


def cut(text: str) -> str:
    """At most a short excerpt."""
    return text if len(text) <= QUOTED else text[:QUOTED] + "..."


def printable(text: str) -> str:
    """Names and payloads are not ours: no escape sequence of theirs reaches a terminal."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
