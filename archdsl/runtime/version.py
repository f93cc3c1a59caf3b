"""The version of the runtime, and the check that an engine makes when it is imported."""

VERSION = "1.0"


def require_version(needed: str) -> None:
    """Raise ImportError unless this runtime can run an engine that needs a version.

    A runtime runs engines of its own version and of earlier minor versions.
    """
    installed = tuple(map(int, VERSION.split(".")))
    wanted = tuple(map(int, needed.split(".")))
    if installed[0] == wanted[0] and installed >= wanted:
        return
    older = installed < wanted
    advice = "upgrade archdsl, or compile" if older else "compile"
    raise ImportError(
        f"this engine needs archdsl.runtime {needed}, installed is {VERSION}: {advice} "
        "the engine again with `archdsl compile NETWORK --target inference`"
    )
