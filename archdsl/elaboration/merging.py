"""The merge of branches: their shapes, and the change that lets branches meet that do not."""

from __future__ import annotations

from dataclasses import replace

from archdsl.diagnostics import Diagnostic, Fix, Rejected, Span, shape_errors
from archdsl.elaboration.stage import Place, Stage
from archdsl.ir import Graph, Node, Scope
from archdsl.ops import Op, Shape, size
from archdsl.ops.formulas import Formulas
from archdsl.ops.merge import ShapesDiffer
from archdsl.ops.values import Sides, Size
from archdsl.records import record
from archdsl.syntax import ast


@record
class Branch:
    """One operand of a merge: where it is written, and the value it ends with."""

    span: Span
    scope: Scope
    end: Node


def infer(op: Op, branches: list[Branch], graph: Graph) -> Shape:
    """The shape of a merge; `Rejected` with both shapes and a fix where branches differ."""
    ends = [branch.end for branch in branches]
    try:
        return op.infer(tuple(end.shape for end in ends))
    except ShapesDiffer as problem:
        shapes = [(size(end.shape), end.span) for end in ends]
        change, fix = _change(branches, graph)
        raise Rejected(
            shape_errors.branches_differ(op.word, problem.rule, shapes, change, fix)
        ) from None


def join(
    stage: Stage,
    op: Op,
    branches: list[Branch],
    place: Place,
    span: Span,
    formulas: Formulas | None = None,
) -> Node:
    """Add the merge of branches."""
    shape = infer(op, branches, stage.graph)
    inputs = tuple(branch.end.id for branch in branches)
    return stage.add(op, inputs, shape, place, span, formulas)


def skip_differs(item: ast.Skip, value: Node, main: Node, shortcut: Node) -> Diagnostic:
    """The message for a skip around a change of shape, with the projection it needs."""
    given = item.shortcut is not None
    projection = _projection(value.shape, main.shape)
    fix = None
    if projection is None:
        advice = "no projection makes these agree: check the strides and padding of the body"
    elif given:
        advice = f"let the shortcut give {size(main.shape)}, for instance with `{projection}`"
    else:
        advice = f"project the shortcut: `skip {projection} {{ … }}`"
        begin = Span(item.span.source, item.span.start, item.span.start + len("skip"))
        fix = Fix(f"project the shortcut with `{projection}`", begin, f"skip {projection}")
    problem = shape_errors.skip_differs(
        (size(main.shape), main.span), (size(shortcut.shape), shortcut.span), advice
    )
    return replace(problem, fix=fix).at(item.span)


def _projection(source: Shape, target: Shape) -> str | None:
    """The 1x1 convolution from one shape to another; None where there is none."""
    if len(source) == 1 or len(source) != len(target):
        return f"linear({target[0]})" if len(source) == len(target) == 1 else None
    kernel = Size((1,) * (len(source) - 1))
    for stride in range(1, max(source[1:]) + 1):
        if all((n - 1) // stride + 1 == t for n, t in zip(source[1:], target[1:], strict=True)):
            step = f", /{stride}" if stride > 1 else ""
            return f"conv({kernel}, {target[0]}{step})"
    return None


def _change(branches: list[Branch], graph: Graph) -> tuple[str | None, Fix | None]:
    """The one change of padding or stride that makes a branch meet the others."""
    extents = [branch.end.shape[1:] for branch in branches]
    wanted = max(extents, key=extents.count)
    for number, branch in enumerate(branches):
        if branch.end.shape[1:] != wanted:
            found = _change_branch(branch, wanted, graph)
            if found:
                node, change = found
                meets = f"in branch {number + 1} gives {'x'.join(map(str, wanted))}"
                return f"`{change}` for `{node.op.word}` {meets}", _fix(node, change)
    return None, None


def _fix(node: Node, change: str) -> Fix | None:
    """The change as an edit, where the call says nothing of what it changes yet."""
    text = node.span.text
    if not text.endswith(")") or not change.startswith("pad") or "pad" in text:
        return None
    return Fix(f"add `{change}`", node.span, f"{text[:-1]}, {change})")


def _change_branch(branch: Branch, wanted: Shape, graph: Graph) -> tuple[Node, str] | None:
    nodes = list(branch.scope.nodes())
    if not nodes or any(len(node.inputs) != 1 for node in nodes):
        return None
    start = graph.operands(nodes[0])
    for position in reversed(range(len(nodes))):
        for change in _changes(nodes[position].op):
            changed = replace(nodes[position].op, **change)
            if _extent_with(start[0], nodes, position, changed) == wanted:
                ((name, value),) = change.items()
                return nodes[position], f"{name}={value[0]}"
    return None


def _changes(op: Op) -> list[dict[str, tuple[int, ...]]]:
    """Other paddings and strides of a window, likeliest first."""
    kernel = getattr(op, "kernel", None)
    if not isinstance(kernel, Size) or not hasattr(op, "pad"):
        return []
    axes, found = len(kernel), list[dict[str, tuple[int, ...]]]()
    found += [{"pad": Sides((p,) * 2 * axes)} for p in range(max(kernel) // 2 + 1)]
    found += [{"stride": Size((s,) * axes)} for s in range(1, 5)]
    return found


def _extent_with(shape: Shape, nodes: list[Node], position: int, changed: Op) -> Shape | None:
    """The extent that a chain ends with when one of its ops is changed."""
    for number, node in enumerate(nodes):
        op = changed if number == position else node.op
        try:
            shape = op.infer((shape,))
        except Rejected:
            return None
    return shape[1:]
