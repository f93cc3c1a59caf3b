"""The command `archdsl`, also as `python -m archdsl`."""

import sys

INTERRUPTED = 130


def main() -> int:
    """Run one command; Ctrl-C ends it with one line, also while modules are imported."""
    try:
        from archdsl.cli.main import main as run

        code = run()
        _ignore_interrupts()
    except KeyboardInterrupt:
        _ignore_interrupts()
        if sys.stderr is not None:
            print("archdsl: interrupted", file=sys.stderr)  # noqa: T201 - the command line
        code = INTERRUPTED
    return code


def _ignore_interrupts() -> None:
    """Let a second Ctrl-C pass: only the interpreter's own end is left."""
    from signal import SIG_IGN, SIGINT, signal

    signal(SIGINT, SIG_IGN)


if __name__ == "__main__":
    sys.exit(main())
