"""Wording of lint warnings: codes L100 to L999."""

from __future__ import annotations

from collections.abc import Sequence

from archdsl.diagnostics.diagnostic import Diagnostic, Fix, Note
from archdsl.diagnostics.source import Span
from archdsl.diagnostics.suggest import clip, listing


def repeated(path: str, network: str, count: int, uses: int, networks: int) -> str:
    """The note for a place in the text that makes several layers."""
    times = f"{count:,}" if count == uses else f"{count:,} of {uses:,}"
    where = "" if networks == 1 else f", in {networks} networks"
    return f"found {times} times{where}; first at `{clip(path)}` of `{clip(network)}`"


# ------------------------------------------------------------------ structure


def never_used(word: str) -> Diagnostic:
    """L101: a value that nothing reads."""
    return Diagnostic(
        "L101",
        f"no output depends on what `{word}` makes",
        help="merge it, name it in `output`, or remove it",
    )


def input_never_used() -> Diagnostic:
    """L101: an input that nothing reads."""
    return Diagnostic("L101", "no output depends on this input", help="use it, or remove it")


def label_missing(name: str, sibling: str) -> Diagnostic:
    """L102: a layer named by its position beside others that are named by the author."""
    return Diagnostic(
        "L102",
        f"`{clip(name)}` has its name from its position, `{clip(sibling)}` beside it from a label",
        help=f"label it: another layer before it would rename its weights; `{clip(name)}: …` keeps"
        " the keys",
    )


def channels_last(height: int, width: int, channels: int) -> Diagnostic:
    """L103: an input in the order of other frameworks."""
    return Diagnostic(
        "L103",
        f"this input has {height:,} channels of {width:,}x{channels}",
        help=f"put the channels first: `{channels}x{height}x{width}`",
    )


def channels_missing(side: int) -> Diagnostic:
    """L103: an input of one axis that is as long as it has channels."""
    return Diagnostic(
        "L103",
        f"this input has {side:,} channels of {side:,} samples each",
        help=f"write the channels of a picture first: `1x{side}x{side}`, `3x{side}x{side}`",
    )


# ------------------------------------------------------------------ layers


def bias_before_norm(word: str, norm: str, channels: int) -> Diagnostic:
    """L201: a bias that the next layer subtracts."""
    return Diagnostic(
        "L201",
        f"the bias of `{word}` has no effect: `{norm}` subtracts the mean of each channel",
        help=f"write `bias=false`: {channels:,} parameters less, and one key of the weights",
    )


def changes_nothing(word: str, before: str, where: Span) -> Diagnostic:
    """L202: an activation that does not change its input."""
    return Diagnostic(
        "L202",
        f"`{word}` changes nothing here",
        help=f"remove one of the two activations, or put `{word}` where a layer comes between",
        notes=(Note(f"`{before}` makes nothing that `{word}` would change", where),),
    )


def linear_twice(word: str, before: str, where: Span) -> Diagnostic:
    """L203: two linear maps that are one."""
    return Diagnostic(
        "L203",
        f"`{before}` and `{word}` are one linear map: there is no activation between them",
        help=f"put an activation before `{word}`, or leave one of them out",
        notes=(Note(f"`{before}` is here", where),),
    )


def norm_on_the_skip(norm: str, join: str, where: Span) -> Diagnostic:
    """L204: a norm that every shortcut passes through."""
    return Diagnostic(
        "L204",
        f"`{norm}` is on the identity path: after one `{join}`, and straight into the next",
        help=f"put `{norm}` into the branch, before the `{join}`: a signal that is normalised at"
        " each step is no shortcut",
        notes=(Note("the sum that it normalises", where),),
    )


def neither_bias_nor_norm(word: str, activation: str) -> Diagnostic:
    """L205: an activation of values that nothing can shift."""
    return Diagnostic(
        "L205",
        f"`{word}` has no bias, and there is no norm between it and `{activation}`",
        help="put a norm between them, or remove `bias=false`",
    )


def norm_twice(norm: str, before: str, where: Span) -> Diagnostic:
    """L206: a norm of a norm."""
    return Diagnostic(
        "L206",
        f"`{norm}` normalises what `{before}` has normalised",
        help="remove one of them",
        notes=(Note(f"`{before}` is here", where),),
    )


# ------------------------------------------------------------------ training


def dropout_before_norm(word: str, norm: str, where: Span) -> Diagnostic:
    """L301: a norm whose statistics dropout falsifies."""
    return Diagnostic(
        "L301",
        f"`{word}` shifts the variance that `{norm}` has learned",
        help=f"put `{word}` after the last `{norm}`: in evaluation it drops nothing, and the"
        " running variance is that of training",
        notes=(Note(f"`{norm}` is here", where),),
    )


def drops_everything(word: str) -> Diagnostic:
    """L302: a dropout that leaves nothing."""
    return Diagnostic(
        "L302",
        f"`{word}` with a probability of 1 drops everything: in training all its outputs are zero",
        help="it takes the probability of dropping a value, not that of keeping it",
    )


def softmax_at_the_end(word: str) -> Diagnostic:
    """L303: probabilities where losses expect logits."""
    return Diagnostic(
        "L303",
        f"the output is a `{word}`, and PyTorch's cross-entropy loss applies its own",
        help=f"leave `{word}` out and return the logits; apply it where probabilities are read",
    )


def logits_rectified(word: str, before: str) -> Diagnostic:
    """L304: an activation on the classifier's output."""
    return Diagnostic(
        "L304",
        f"`{word}` cuts the output of the last `{before}` off at zero",
        help=f"leave `{word}` out: a logit below zero is how a class is ruled out",
    )


# ------------------------------------------------------------------ windows


def rows_dropped(title: str, left: int, extent: int, axis: str, stride: int) -> Diagnostic:
    """L401: an edge that the last window does not reach."""
    return Diagnostic(
        "L401",
        f"`{clip(title)}` leaves the last {left} of {extent:,} {axis} unread",
        help=f"pad, or pool with `ceil=true`; of {extent - left:,} or {extent - left + stride:,}"
        f" {axis} all would be read",
    )


def pixels_skipped(title: str, word: str, share: int) -> Diagnostic:
    """L402: positions that a stride steps over."""
    return Diagnostic(
        "L402",
        f"`{clip(title)}` steps over {share}% of what `{word}` makes, and nothing else reads that",
        help="put the stride where the window is at least as large, or pool before it",
    )


def only_padding(title: str) -> Diagnostic:
    """L403: a window in the padding."""
    return Diagnostic(
        "L403",
        f"at the edge `{clip(title)}` reads nothing but padding",
        help="use a padding smaller than the window: `pad=0` for 1x1, the default keeps the size",
    )


def pool_of_one(title: str) -> Diagnostic:
    """L404: a pool of one position."""
    return Diagnostic(
        "L404",
        f"`{clip(title)}` pools an image of one position",
        help="remove it, or keep a larger image: fewer strides, or a larger input",
    )


# ------------------------------------------------------------------ receptive fields


def field_too_small(word: str, field: str, extent: str, fits: str) -> Diagnostic:
    """L501: a global pool over small fields."""
    return Diagnostic(
        "L501",
        f"no unit under this `{word}` sees the whole input of {extent}: its field is {field}",
        help="add layers, strides or dilation before it, or take a smaller input",
        notes=(Note(f"what the network makes full use of are inputs of {fits}"),) if fits else (),
    )


def field_outgrown(count: int, extent: str, least: str, path: str, where: Span) -> Diagnostic:
    """L502: convolutions whose inputs have seen everything."""
    what = "1 convolution sees" if count == 1 else f"{count:,} convolutions see"
    return Diagnostic(
        "L502",
        f"{what} no more of the {extent} input than the layers before",
        help=f"take an input of {least} or more, fewer strides early on, or leave such layers out",
        notes=(Note(f"the first is `{clip(path)}`", where),),
    )


def centres_differ(word: str, what: str, values: Sequence[str]) -> Diagnostic:
    """L503: branches that look at different places."""
    return Diagnostic(
        "L503",
        f"the branches of `{word}` look at different places: the {what} of their fields are"
        f" {' and '.join(values)}",
        help="pad their windows alike, and give the branches the same strides",
    )


# ------------------------------------------------------------------ cost


def uneven_channels(word: str, channels: int, better: int) -> Diagnostic:
    """L601: channels that tensor cores pad."""
    return Diagnostic(
        "L601",
        f"`{word}` makes {channels:,} channels, which is no multiple of 8",
        help=f"in half precision {better:,} channels take tensor cores the same time",
    )


# ------------------------------------------------------------------ comments


def unused_comment(codes: Sequence[str], fix: Fix) -> Diagnostic:
    """L901: a comment that ignores nothing."""
    return Diagnostic(
        "L901",
        f"nothing on this line is found as {listing(codes)}",
        help="remove it from the comment",
        fix=fix,
    )
