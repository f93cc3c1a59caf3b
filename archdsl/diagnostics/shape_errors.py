"""Wording of mistakes in shapes: codes A300 to A399."""

from __future__ import annotations

from collections.abc import Sequence
from math import gcd, isqrt

from archdsl.diagnostics.diagnostic import Diagnostic, Fix, Note
from archdsl.diagnostics.source import Span

LONGEST_IMAGE = 20  # times its other side; what is longer is an image with its channels last


def branches_differ(
    word: str, rule: str, shapes: Sequence[tuple[str, Span]], advice: str | None, fix: Fix | None
) -> Diagnostic:
    """A301: branches whose shapes cannot be merged."""
    notes = tuple(
        Note(f"branch {i + 1} is {shape}", span) for i, (shape, span) in enumerate(shapes)
    )
    found = " and ".join(dict.fromkeys(shape for shape, _ in shapes))
    return Diagnostic(
        "A301",
        f"the branches of `{word}` do not meet: {found}",
        help=advice or rule,
        notes=notes,
        fix=fix,
    )


def skip_differs(main: tuple[str, Span], shortcut: tuple[str, Span], fix: str) -> Diagnostic:
    """A302: a skip around something that changes the shape."""
    return Diagnostic(
        "A302",
        f"the skip cannot be added: the body is {main[0]}, the shortcut is {shortcut[0]}",
        help=fix,
        notes=(
            Note(f"the body ends here as {main[0]}", main[1]),
            Note(f"the shortcut is {shortcut[0]}", shortcut[1]),
        ),
    )


def window_too_large(word: str, window: str, extent: tuple[int, ...], padding: bool) -> Diagnostic:
    """A303: a window larger than what it slides over."""
    advice = "use a smaller window, more padding, fewer strides before it, or a larger input"
    if len(extent) == 2 and max(extent) > LONGEST_IMAGE * min(extent):
        advice = "are the channels of the input last? They come first: `input 3x224x224`"
    return Diagnostic(
        "A303",
        f"`{word}`: a window of {window} does not fit into {'x'.join(map(str, extent))}"
        + (" with its padding" if padding else ""),
        help=advice,
    )


def needs_image(word: str, shape: tuple[int, ...]) -> Diagnostic:
    """A304: an image op on a flat value, or on one of other axes."""
    written = "x".join(map(str, shape))
    if len(shape) > 1:
        axes = {1: "one axis", 2: "two axes", 3: "three axes"}[len(shape) - 1]
        return Diagnostic(
            "A304",
            f"`{word}` works on channels x height x width, and this value has {axes}: {written}",
            help=f"leave `{word}` out, or write it as an op for values of {axes}: docs/plugins.md",
        )
    return Diagnostic(
        "A304",
        f"`{word}` works on channels x height x width, and this value is flat: {written}",
        help=f"put `{word}` before `flatten`",
    )


def needs_flat(word: str, shape: str, features: int) -> Diagnostic:
    """A305: a flat op on an image."""
    return Diagnostic(
        "A305",
        f"`{word}` works on a flat value, and this one is {shape}",
        help=f"put `flatten` before it ({features:,} features), or first `avgpool(global)`",
    )


def groups_do_not_divide(groups: int, channels: int, output: int | None = None) -> Diagnostic:
    """A306: channels that do not split into the groups; `output` of a convolution must too."""
    shared = channels if output is None else gcd(channels, output)
    which = "output" if output is not None and channels % groups == 0 else "input"
    found = output if which == "output" else channels
    wanted = {"input": channels, "output": output}
    above = [
        f"{-(-count // groups) * groups} {side} channels"
        for side, count in wanted.items()
        if count is not None and count % groups
    ]
    return Diagnostic(
        "A306",
        f"{found} {which} channels do not split into {groups} groups",
        help=f"use groups={_divisor(shared, groups)}, or {' and '.join(above)}",
    )


def _divisor(number: int, most: int) -> int:
    """The largest divisor up to a bound."""
    small = [n for n in range(1, isqrt(number) + 1) if number % n == 0]
    return max(n for m in small for n in (m, number // m) if n <= most)


def squares_do_not_divide(word: str, factor: int, channels: int) -> Diagnostic:
    """A306: channels that do not make up squares of positions."""
    parts = factor**2
    return Diagnostic(
        "A306",
        f"`{word}({factor})` makes one channel of {parts}, and {channels} channels do not split so",
        help=f"put a convolution with {-(-channels // parts) * parts} channels before it",
    )


def even_kernel(kernel: str) -> Diagnostic:
    """A307: no padding keeps the size with an even kernel."""
    return Diagnostic(
        "A307",
        f"an even kernel ({kernel}) has no padding that keeps the size",
        help="choose one: `pad=0`, `pad=1` or `pad=[top, bottom, left, right]`",
    )


def pad_too_large(word: str, pad: int, kernel: int) -> Diagnostic:
    """A308: a pool whose padding exceeds half its window."""
    return Diagnostic(
        "A308",
        f"`{word}`: a padding of {pad} is more than half of the window of {kernel}",
        help=f"use `pad={kernel // 2}` or less",
    )


def slice_outside(start: int, stop: int, channels: int) -> Diagnostic:
    """A309: a slice that the value does not have."""
    return Diagnostic(
        "A309",
        f"channels {start} to {stop} cannot be taken from {channels}",
        help=f"a slice goes from a start below its end, at most `slice(0, {channels})`",
    )


def too_large(shape: str, limit: int) -> Diagnostic:
    """A310: a tensor beyond the limit."""
    return Diagnostic(
        "A310",
        f"a value of {shape} has more than {limit:,} elements",
        help="check its numbers for a typo",
    )


def not_a_shape(found: str, sides: Sequence[int] = ()) -> Diagnostic:
    """A311: an input that is not a shape; `sides` are those of a size."""
    advice = "write channels and up to three axes, as in `input 3x224x224`"
    if len(sides) == 5 and min(sides) > 0:
        rest = "x".join(map(str, sides[1:]))
        advice = f"leave out the batch, whose size is free: `input {rest}`"
    return Diagnostic("A311", f"{found} is not the shape of an input", help=advice)


def input_of_other_axes(given: Sequence[int], written: Sequence[int]) -> Diagnostic:
    """A311: a size from the command line for an input that has more or fewer axes."""
    several = len(written) > 1
    what = {1: "a number of features", 3: "an image"}.get(len(written), "a value")
    sizes = "x".join(map(str, (written[0], *[given[-1]] * (len(written) - 1))))
    advice = f"write all {len(written)} numbers: `--input {sizes}`"
    return Diagnostic(
        "A311",
        f"the input is {what} ({'x'.join(map(str, written))}), and `--input` gives"
        f" {'x'.join(map(str, given))}",
        help=advice if several else f"write one number: `--input {written[0]}`",
    )


def input_with_channels_last(given: Sequence[int]) -> Diagnostic:
    """A311: a size from the command line whose channels are last."""
    height, width, channels = given
    size = "x".join(map(str, given))
    return Diagnostic(
        "A311",
        f"`--input {size}` means {height} channels of {width}x{channels}",
        help=f"write the channels first: `--input {channels}x{height}x{width}`",
    )


def empty_result(word: str, shape: str) -> Diagnostic:
    """A312: an op that leaves nothing."""
    return Diagnostic("A312", f"`{word}` leaves nothing: {shape}", help="use a smaller padding")


def uneven_pad(word: str) -> Diagnostic:
    """A313: an op that pads both sides alike."""
    return Diagnostic(
        "A313",
        f"`{word}` pads both sides of an axis alike",
        help="give one number, or a size like `pad=1x2`",
    )


def output_pad_too_large(pad: int) -> Diagnostic:
    """A314: an output padding as large as the stride."""
    return Diagnostic(
        "A314",
        f"an output padding of {pad} is not smaller than the stride or dilation",
        help="use a smaller `output_pad`",
    )


def cannot_reshape(shape: str, wanted: str) -> Diagnostic:
    """A315: a reshape to another number of elements."""
    return Diagnostic(
        "A315",
        f"a value of {shape} cannot take the shape {wanted}",
        help="both need the same number of elements",
    )


def fewer_channels(word: str, wanted: int, channels: int) -> Diagnostic:
    """A316: channels appended to a value that has more already."""
    return Diagnostic(
        "A316",
        f"`{word}` cannot bring {channels} channels to {wanted}",
        help=f"it only appends; `slice(0, {wanted})` takes the first {wanted}",
    )


def single_value(word: str, part: str, shape: str) -> Diagnostic:
    """A317: statistics of one value, whose variance is zero."""
    advice = "larger groups, as `gn(1)`," if part == "group" else "`ln` or `gn(1)`,"
    return Diagnostic(
        "A317",
        f"`{word}` has one value in each {part} to normalise over: {shape}",
        help=f"every value would become zero: use {advice} or put it before the pool",
    )


def corners_of_nearest(word: str) -> Diagnostic:
    """A318: aligned corners where nothing is interpolated."""
    return Diagnostic(
        "A318",
        f"`{word}` with mode=nearest has no corners to align",
        help="use `mode=bilinear`, or leave `align_corners` out",
    )


def mode_of_other_axes(word: str, mode: str, shape: str, modes: Sequence[str]) -> Diagnostic:
    """A321: an interpolation that values of these axes do not have."""
    return Diagnostic(
        "A321",
        f"`{word}`: mode={mode} is not for a value of {shape}",
        help="use " + " or ".join(f"`mode={known}`" for known in modes),
    )


def size_of_other_axes(word: str, name: str, given: tuple[int, ...], axes: int) -> Diagnostic:
    """A322: a size of more or fewer axes than the value has."""
    few = {1: "one axis", 2: "two axes", 3: "three axes", 4: "four axes"}
    given_axes = few.get(len(given), "more axes")
    written = "x".join(map(str, given))
    like = "one number" if axes == 1 else "a size like `" + "x".join("3" * axes) + "`"
    advice = f"write {like}, or give the input other axes: channels first, without the batch"
    return Diagnostic(
        "A322",
        f"`{word}`: a {name} of {written} is for {given_axes}, and this value has {few[axes]}",
        help=advice,
    )


def parts_do_not_divide(parts: int, channels: int) -> Diagnostic:
    """A320: channels that cannot be cut into equal parts."""
    divisors = [n for n in range(2, min(channels, 64) + 1) if channels % n == 0]
    nearest = sorted(divisors, key=lambda n: abs(n - parts))[:3]
    others = " or ".join(str(n) for n in sorted(nearest))
    return Diagnostic(
        "A320",
        f"{channels} channels cannot be cut into {parts} equal parts",
        help=f"cut them into {others}, or change their number"
        if others
        else "there is one channel",
    )


def cells_do_not_divide(word: str, factor: int, height: int, width: int) -> Diagnostic:
    """A319: an image that does not split into cells."""
    return Diagnostic(
        "A319",
        f"`{word}`: {height}x{width} does not split into cells of {factor}x{factor}",
        help=f"height and width must be multiples of {factor}",
    )


def misfit(message: str, advice: str | None) -> Diagnostic:
    """A390: a mistake that an op from a plugin reports about its inputs."""
    return Diagnostic("A390", message, help=advice)
