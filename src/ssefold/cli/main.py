"""The command line: `ssefold fold`, `ssefold events`, `ssefold check`, `ssefold replay`.

Enters: arguments; streams from files or from a pipe that still runs; an answer.
Leaves: answers, events, tables and a stream on stdout (UTF-8 in any locale), faults and progress
on stderr, an exit code for the outcome.
Must not know: anything of the package but its public names, or how a terminal is fed.

A pipe is read as it comes, never until a buffer is full, and each read is written at once: `curl
-N ... | ssefold fold --text -` shows the answer while it grows.
"""

from __future__ import annotations

import argparse
import json
import shlex
import sys
import textwrap
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any, NamedTuple, NoReturn

import ssefold
from ssefold import StreamAccumulator
from ssefold.cli.excerpt import Recent
from ssefold.cli.terminal import Input, Output, Screen, Unreadable, abandon, cut, printable, warn

COMPLETE, USAGE, TRUNCATED, FAILED, MALFORMED = 0, 2, 3, 4, 5
INTERRUPTED = 130  # 128 + SIGINT
CLOSED = 141  # 128 + SIGPIPE: the status of a program that does not handle `| head`

EXIT_CODES: dict[type[ssefold.StreamError], int] = {
    ssefold.StreamFailed: FAILED,
    ssefold.StreamMalformed: MALFORMED,
    ssefold.StreamTruncated: TRUNCATED,
}

DESCRIPTION = "Fold LLM event streams into the answers that would have come without streaming."

EPILOG = """\
exit codes:
  0    complete: the stream ended as it should, without faults
  2    usage: wrong arguments, or a file that cannot be read
  3    truncated: the input ended before the answer was complete, or is empty
  4    failed: the server reported an error inside the stream
  5    malformed: not JSON, no event stream, an unknown or another dialect, or
       past a limit
  130  interrupted (Ctrl-C)
  141  standard output was closed before all was written (| head)

A stream that is several of these counts as the first of: failed; no event
stream, unknown or wrong dialect, a limit (5); truncated; other faults (5). With
several files the highest code counts.

Files and pipes that gzip or zstd compressed are unpacked; bytes are counted as
unpacked.
"""

EVENTS_EPILOG = """\
Each line is {"event", "data", "id", "retry", "start", "end"}: `id` is the last
event id, `retry` is null unless the event set it, `start` and `end` are byte
offsets of its frame.

exit codes:
  0    read to its end
  2    usage: wrong arguments, or a file that cannot be read
  3    the input is empty
  5    malformed: no event stream, or an event past the limit
  130  interrupted (Ctrl-C)
  141  standard output was closed before all was written (| head)
"""

REPLAY_EPILOG = """\
The answer is JSON, as the API returns it without streaming or as `ssefold fold`
prints it. A stream becomes one by: ssefold fold FILE | ssefold replay -

exit codes:
  0    all of the stream was written
  2    usage: wrong arguments, or a file that cannot be read
  5    malformed: not JSON, no answer that a stream could give back, or a stream
       already
  130  interrupted (Ctrl-C)
  141  standard output was closed before all was written (| head)
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code (argparse leaves by SystemExit)."""
    args = _parser().parse_args(argv)
    run: Callable[[argparse.Namespace], int] = args.run
    try:
        return run(args)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        abandon(sys.stdout, sys.stderr)
        return CLOSED
    except OSError as error:  # files are guarded where they are read: this is our output
        abandon(sys.stdout)
        warn(f"standard output: {error.strerror or error}")
        return USAGE


# -- arguments -------------------------------------------------------------------------


class _Parser(argparse.ArgumentParser):
    """Tells the error in one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(USAGE, f"{self.prog}: {printable(message)} (see {self.prog} --help)\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="ssefold",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    version = f"ssefold {ssefold.__version__} (backend: {ssefold.backend})"
    parser.add_argument("--version", action="version", version=version)
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    _add_fold(commands)
    _add_events(commands)
    _add_check(commands)
    _add_replay(commands)
    return parser


def _add(commands: Any, name: str, run: Any, text: str, epilog: str) -> Any:
    parser = commands.add_parser(
        name,
        help=text,
        description=textwrap.fill(text[:1].upper() + text[1:] + ".", 78),
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)
    return parser


def _add_fold(commands: Any) -> None:
    text = "print the answer of each stream as JSON, whole or not, one per line; faults on stderr"
    parser = _add(commands, "fold", _fold, text, EPILOG)
    what = parser.add_mutually_exclusive_group()
    what.add_argument(
        "--text",
        action="store_true",
        help="print the text of the first choice instead; of a pipe, as it comes",
    )
    what.add_argument(
        "--usage", action="store_true", help="print the usage instead (null if there is none)"
    )
    parser.add_argument(
        "--pretty", action="store_true", help="indent the JSON; a blank line between files"
    )
    parser.add_argument(
        "--strict", action="store_true", help="stop at the first fault; prints what came before it"
    )
    _add_dialect(parser)
    _add_framing(parser)
    _add_files(parser)


def _add_events(commands: Any) -> None:
    text = "print each event of a stream as one JSON object per line, as they arrive"
    parser = _add(commands, "events", _events, text, EVENTS_EPILOG)
    parser.add_argument(
        "--comments", action="store_true", help='print comments too, as {"comment": TEXT}'
    )
    parser.add_argument(
        "--flush",
        action="store_true",
        help="print a last event that no blank line ends; the standard discards it",
    )
    parser.add_argument("file", metavar="FILE", help="a recorded stream; - is standard input")


def _add_check(commands: Any) -> None:
    text = "print status, dialect, faults and anomalies of each stream as a table"
    parser = _add(commands, "check", _check, text, EPILOG)
    _add_dialect(parser)
    _add_framing(parser)
    _add_files(parser)


def _add_replay(commands: Any) -> None:
    text = "print the stream in which its API would have sent an answer"
    parser = _add(commands, "replay", _replay, text, REPLAY_EPILOG)
    parser.add_argument(
        "--piece", type=_piece, default=16, metavar="N", help="characters per delta; default: 16"
    )
    parser.add_argument(
        "--no-usage", action="store_true", help="leave out what OpenAI sends only when asked to"
    )
    _add_dialect(parser, "the answer tells")
    parser.add_argument("file", metavar="FILE", help="the answer; - is standard input")


def _piece(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no positive number")
    return int(text)


def _add_dialect(parser: Any, auto: str = "its events tell") -> None:
    parser.add_argument(
        "--dialect",
        type=_dialect,
        default="auto",
        metavar="NAME",
        help="the API that the stream speaks, as in openai.chat (a wrong name lists them all); "
        f"default: auto, {auto}",
    )


def _add_framing(parser: Any) -> None:
    parser.add_argument(
        "--framing",
        type=_framing,
        default="auto",
        metavar="NAME",
        help="how the events are framed, as in ndjson (a wrong name lists them all); "
        "default: auto, the first bytes tell",
    )


def _add_files(parser: Any) -> None:
    text = "recorded streams; - is standard input"
    parser.add_argument("files", action=_Files, nargs="+", metavar="FILE", help=text)


class _Files(argparse.Action):
    """Standard input cannot be read twice: the second time it would seem empty."""

    def __call__(self, parser: Any, args: Any, values: Any, option: Any = None) -> None:
        if values.count("-") > 1:
            parser.error("standard input (-) can be read only once")
        setattr(args, self.dest, values)


def _framing(name: str) -> str:
    try:
        StreamAccumulator(framing=name)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return name


def _dialect(name: str) -> str:
    try:
        StreamAccumulator(dialect=name)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return name


# -- fold ----------------------------------------------------------------------------------


def _fold(args: argparse.Namespace) -> int:
    worst = COMPLETE
    with Screen(len(args.files)) as screen:
        out = Output(screen)
        for name in args.files:
            screen.begin(name)
            worst = max(worst, _fold_file(args, name, out, screen))
    return worst


def _fold_file(args: argparse.Namespace, name: str, out: Output, screen: Screen) -> int:
    acc = StreamAccumulator(dialect=args.dialect, strict=args.strict, framing=args.framing)
    text = _Text(acc, out)
    reading = _read(name, acc, text.more if args.text else None)
    if reading.unread:
        screen.say(name, reading.trouble)
        return USAGE
    if args.text:
        text.rest()
    else:
        gap = b"\n" if args.pretty and out.written else b""
        out.write(gap + _json(acc.usage if args.usage else reading.answer, args.pretty))
    for line, place in _complaints(acc, reading):
        screen.say(name, line, place)
    return reading.code


class _Text:
    """The text of one stream on its way to stdout.

    Of a pipe the pieces as they come. Of a file the whole text at its end: it is the same, but
    where an event replaced text that came before.
    """

    def __init__(self, acc: StreamAccumulator, out: Output) -> None:
        self._acc = acc
        self._out = out
        self._last = "\n"
        self._live = False

    def more(self, regular: bool) -> None:
        """A read was folded."""
        if not regular:
            self._live = True
            self._write(self._acc.take_text())

    def rest(self) -> None:
        """The input ended: writes the rest, and the line's end where there is none."""
        self._write(self._acc.take_text() if self._live else self._acc.text())
        if self._last != "\n":
            self._write("\n")

    def _write(self, text: str) -> None:
        if text:
            self._last = text[-1]
            self._out.write(text.encode())


# The line around a byte of the stream, and where in it the byte stands.
_Place = tuple[bytes, int]


class _Reading(NamedTuple):
    """How a stream was read.

    answer, error: the value of result(), or its exception. trouble: why reading stopped before
    the end; unread: it did so before the first byte. places: the excerpt for each kept fault, or
    None where there is nothing to see.
    """

    code: int
    answer: dict[str, Any]
    error: ssefold.StreamError | None
    trouble: str
    unread: bool
    places: list[_Place | None]


class _Places:
    """Where the faults of a stream stand, looked up while its bytes are still known."""

    def __init__(self, acc: StreamAccumulator) -> None:
        self._acc = acc
        self._recent = Recent()
        self._count = 0
        self.found: list[_Place | None] = []

    def add(self, chunk: bytes) -> None:
        """The bytes to fold next."""
        self._recent.add(chunk)

    def look(self) -> None:
        """Find the places of new faults."""
        if self._acc.fault_count > self._count:
            self._count = self._acc.fault_count
            self.found += map(self._of, self._acc.faults[len(self.found) :])

    def _of(self, fault: ssefold.Fault) -> _Place | None:
        if fault.code.startswith(("limit_", "lost_")):
            return None  # nothing is wrong with the byte itself
        place = self._recent.line(fault.offset)
        if place is None or not place[0].strip():
            return None
        # Bytes that are no text have nothing to see.
        binary = fault.code == "not_an_event_stream" and b"\0" in place[0][:64]
        return None if binary else place


def _read(name: str, acc: StreamAccumulator, more: Callable[[bool], None] | None) -> _Reading:
    """Feed all of a source, and judge it. more(whether it is a file): after each read."""
    error: ssefold.StreamError | None = None
    answer: dict[str, Any] = {}
    trouble = ""
    places = _Places(acc)
    try:
        with acc, Input(name) as source:
            for chunk in source:
                places.add(chunk)
                acc.feed(chunk)
                places.look()
                if more is not None:
                    more(source.regular)
    except Unreadable as failure:
        trouble = str(failure)
    except ssefold.StreamError as fault:  # strict: the rest does not matter
        error = fault
    if trouble and not acc.bytes:
        return _Reading(USAGE, {}, None, trouble, True, [])
    places.look()
    try:
        answer = error.partial if error is not None else acc.result()
    except ssefold.StreamError as verdict:
        error, answer = verdict, verdict.partial
    code = COMPLETE if error is None else EXIT_CODES[type(error)]
    code = max(code, USAGE) if trouble else code
    return _Reading(code, answer, error, trouble, False, places.found)


def _complaints(acc: StreamAccumulator, reading: _Reading) -> Iterator[tuple[str, _Place | None]]:
    """The faults of a stream, in lines, each with its place shown below it."""
    if reading.trouble:
        yield f"reading stopped after {acc.bytes} bytes: {reading.trouble}", None
    for fault, place in zip(acc.faults, reading.places, strict=True):
        yield _describe(fault), place
    if acc.fault_count > len(acc.faults):
        yield f"and {acc.fault_count - len(acc.faults)} more faults", None
    verdict = _verdict(acc, reading)
    if verdict:
        yield verdict, None


def _verdict(acc: StreamAccumulator, reading: _Reading) -> str:
    """How the stream ended, where its faults do not say it."""
    error = reading.error
    if isinstance(error, ssefold.StreamFailed):
        return f"failed: the server reported an error: {_quote(acc.error)}"
    if isinstance(error, ssefold.StreamTruncated) and not acc.bytes:
        return "truncated: the input is empty"
    if isinstance(error, ssefold.StreamTruncated) and not reading.answer:
        return f"truncated: {acc.bytes} bytes came, and nothing of an answer in them"
    if isinstance(error, ssefold.StreamTruncated):
        return f"truncated: the input ended at byte {acc.bytes}, before the answer was complete"
    if error is not None and all(fault[:2] != (error.code, error.offset) for fault in acc.faults):
        return _worded(str(error))  # the deciding fault came after the kept ones
    return ""


def _describe(fault: ssefold.Fault) -> str:
    """The text of a fault, as the package words it."""
    return _worded(str(ssefold.SSEFoldError(fault.code, fault.offset, fault.detail)))


def _worded(text: str) -> str:
    """A text of the package in words of the command line: arguments are options here."""
    return text.replace("pass dialect=...", "name it: --dialect NAME")


# -- events --------------------------------------------------------------------------------


def _events(args: argparse.Namespace) -> int:
    with Screen(1) as screen:
        printer = _EventPrinter(Output(screen), args.comments)
        trouble = ""
        try:
            with Input(args.file) as source:
                for chunk in source:
                    if not printer.feed(chunk):
                        break
        except Unreadable as failure:
            trouble = str(failure)
            screen.say(args.file, trouble)
        if trouble and not printer.bytes:
            return USAGE
        code, notes = printer.close(args.flush)
        for note in notes:
            screen.say(args.file, note)
        return max(code, USAGE) if trouble else code


class _EventPrinter:
    """Writes the events of one stream, a line each.

    The decoder flushes, so that close() tells an unended last event from silence. Until the first
    event came an accumulator listens: it knows the meaning of a body without events.
    """

    def __init__(self, out: Output, comments: bool) -> None:
        self._out = out
        self._comments = comments
        self._lines: list[bytes] = []
        self._decoder = ssefold.SSEDecoder(
            eof="flush", on_comment=self._comment if comments else None
        )
        self._judge: StreamAccumulator | None = StreamAccumulator()
        self.bytes = 0

    def feed(self, chunk: bytes) -> bool:
        """Write the events completed by this read; False: no more can follow."""
        self.bytes += len(chunk)
        # Line by line a comment stands where it came, between the events.
        for piece in chunk.splitlines(True) if self._comments else (chunk,):
            self._lines += map(_event_line, self._decoder.feed(piece))
            if self._decoder.error is not None:
                break
        if self._lines:
            self._judge = None
        elif self._judge is not None:
            self._judge.feed(chunk)
        self._write()
        return self._decoder.error is None

    def close(self, flush: bool) -> tuple[int, list[str]]:
        """The end of input: the exit code, and the message."""
        notes = []
        if self._decoder.error is None:
            with suppress(ssefold.SSEFoldError):  # it is the decoder's `error` as well
                for event in self._decoder.close():
                    if flush:
                        self._lines.append(_event_line(event))
                    else:
                        notes.append(_discarded(event))
        self._write()
        if not self.bytes:
            return TRUNCATED, ["truncated: the input is empty"]
        if self._decoder.error is not None:
            return MALFORMED, [*notes, str(self._decoder.error)]
        foreign = self._foreign()
        if not foreign and self._is_answer():
            notes.append("no events: the body is one JSON text; ssefold fold reads it")
        return (MALFORMED if foreign else COMPLETE), notes + foreign

    def _is_answer(self) -> bool:
        """Whether the body, now closed, is an answer or an error without events."""
        judge = self._judge
        if judge is None or judge.events or judge.faults:
            return False
        return bool(judge.snapshot()) or judge.error is not None

    def _foreign(self) -> list[str]:
        if self._judge is None:
            return []
        self._judge.close()
        faults = (fault for fault in self._judge.faults if fault.code == "not_an_event_stream")
        return [_describe(fault) for fault in faults]

    def _comment(self, text: str) -> None:
        self._lines.append(_json({"comment": text}, False))

    def _write(self) -> None:
        if self._lines:
            self._out.write(b"".join(self._lines))
            self._lines.clear()


def _event_line(event: ssefold.ServerSentEvent) -> bytes:
    keys = ("event", "data", "id", "retry", "start", "end")
    return _json({key: getattr(event, key) for key in keys}, False)


def _discarded(event: ssefold.ServerSentEvent) -> str:
    return (
        f"the last event (bytes {event.start} to {event.end}) is discarded: "
        "no blank line ends it; --flush prints it"
    )


# -- check ---------------------------------------------------------------------------------


SUMMARY = (
    "file", "status", "dialect", "events", "recognised", "bytes", "faults", "anomalies", "exit",
)  # fmt: skip
FINDINGS = ("file", "byte", "event", "kind", "code", "detail")


def _check(args: argparse.Namespace) -> int:
    worst = COMPLETE
    summary: list[list[object]] = []
    findings: list[list[object]] = []
    places: list[tuple[str, _Place]] = []
    with Screen(len(args.files)) as screen:
        out = Output(screen)
        for name in args.files:
            screen.begin(name)
            acc = StreamAccumulator(dialect=args.dialect, framing=args.framing)
            reading = _read(name, acc, None)
            worst = max(worst, reading.code)
            if reading.trouble:
                screen.say(name, reading.trouble)
            if not reading.unread:
                summary.append(_summary(name, acc, reading.code))
                findings += ([name, *row] for row in _findings(acc))
                for fault, place in zip(acc.faults, reading.places, strict=True):
                    if place is not None:
                        places.append((f"{name}: {fault.code} at byte {fault.offset}", place))
        if summary:
            out.table(SUMMARY, summary)
        if findings:
            out.write(b"\n")
            out.table(FINDINGS, findings)
            if places:
                out.write(b"\n")
            for title, place in places:
                out.place(title, place)
            out.write(_legend({str(row[4]) for row in findings}).encode())
    return worst


def _summary(name: str, acc: StreamAccumulator, code: int) -> list[object]:
    status = acc.status if acc.bytes else f"{acc.status} (empty)"
    counts = (acc.events, acc.recognised, acc.bytes, acc.fault_count, acc.anomaly_count)
    return [name, status, acc.dialect or "-", *counts, code]


def _findings(acc: StreamAccumulator) -> Iterator[list[object]]:
    """The findings in one stream, in the order of its bytes."""
    rows: list[list[object]] = [
        [fault.offset, fault.event, "fault", fault.code, fault.detail] for fault in acc.faults
    ]
    rows += ([odd.offset, odd.event, "anomaly", odd.code, _where(odd)] for odd in acc.anomalies)
    yield from sorted(rows, key=lambda row: row[:2])
    for kind, lost in (
        ("fault", acc.fault_count - len(acc.faults)),
        ("anomaly", acc.anomaly_count - sum(odd.count for odd in acc.anomalies)),
    ):
        if lost:
            yield ["", "", kind, "", f"{lost} more"]
    if acc.status == "failed":
        yield ["", "", "error", "", _quote(acc.error)]


def _where(odd: ssefold.Anomaly) -> str:
    """The path of an anomaly, and how often it came."""
    return odd.path if odd.count == 1 else f"{odd.path} ({odd.count} times)".lstrip()


def _legend(codes: set[str]) -> str:
    """The meanings of the codes that occurred."""
    meanings = {**ssefold.FAULT_CODES, **ssefold.ANOMALY_CODES}
    known = sorted(code for code in codes if code in meanings)
    return "".join(f"\n{code}: {_worded(meanings[code])}" for code in known) + "\n" if known else ""


# -- replay --------------------------------------------------------------------------------


def _replay(args: argparse.Namespace) -> int:
    with Screen(1) as screen:
        out = Output(screen)
        try:
            with Input(args.file) as source:
                body = b"".join(source)
        except Unreadable as failure:
            screen.say(args.file, str(failure))
            return USAGE
        try:
            frames = ssefold.replay(
                json.loads(body), args.dialect, piece=args.piece, include_usage=not args.no_usage
            )
        except (ValueError, TypeError, RecursionError, ssefold.SSEFoldError) as error:
            screen.say(args.file, _no_answer(args.file, body, error))
            return MALFORMED
        for frame in frames:
            out.write(frame)
    return COMPLETE


def _no_answer(name: str, body: bytes, error: Exception) -> str:
    """Why a body is no answer, and the way out."""
    if not body.strip():
        return "the input is empty"
    if isinstance(error, (json.JSONDecodeError, UnicodeDecodeError)):
        if isinstance(error, json.JSONDecodeError) and _is_stream(body):
            file = "-" if name == "-" else shlex.quote(name)
            return f"this is a stream already: ssefold fold {file} | ssefold replay -"
        return f"an answer is one JSON text, and this is none: {cut(str(error))}"
    if isinstance(error, TypeError):  # of all arguments the answer alone has any type
        return "an answer is a JSON object, and this is none"
    return cut(_worded(str(error)))


def _is_stream(body: bytes) -> bool:
    """Whether there is an event in it: no line of JSON is one."""
    decoder = ssefold.SSEDecoder(eof="flush", limits=ssefold.Limits(max_event_bytes=None))
    return any(event.data for event in [*decoder.feed(body), *decoder.close()])


# -- shared by all of them ------------------------------------------------------------------


def _json(value: Any, pretty: bool) -> bytes:
    indent, separators = (2, (",", ": ")) if pretty else (None, (",", ":"))
    text = json.dumps(value, ensure_ascii=False, indent=indent, separators=separators)
    return text.encode() + b"\n"


def _quote(value: Any) -> str:
    return cut(json.dumps(value, ensure_ascii=False))
