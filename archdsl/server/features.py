"""The answers to what editors ask, each a function of a snapshot and a place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING
from pathlib import Path

from lsprotocol import types as lsp

from archdsl.diagnostics import Diagnostic, Sink, Source, Span, pages
from archdsl.elaboration.arguments import attributes
from archdsl.elaboration.functions import FUNCTIONS
from archdsl.highlighting.patterns import keywords
from archdsl.ir import Graph, Node, Scope
from archdsl.ops import OPS, Op, size
from archdsl.server.positions import end_of_line, offset_at, position_at, range_of
from archdsl.server.snapshot import Snapshot, imported
from archdsl.server.words import Named, call_around, defined, definition_of, head_of, word_at
from archdsl.syntax import ast
from archdsl.syntax.parse import format_source, parse

MOST_PLACES = 4  # of a layer, in a hover text
SEVERITIES = {
    "error": lsp.DiagnosticSeverity.Error,
    "warning": lsp.DiagnosticSeverity.Warning,
}
KINDS = {
    ast.Block: lsp.SymbolKind.Class,
    ast.Network: lsp.SymbolKind.Module,
    ast.Variant: lsp.SymbolKind.Module,
    ast.Let: lsp.SymbolKind.Constant,
}


def diagnostics(snapshot: Snapshot) -> list[lsp.Diagnostic]:
    """Return what `archdsl check` reports of the document."""
    return [_diagnostic(each, snapshot.source) for each in snapshot.found]


def _diagnostic(each: Diagnostic, source: Source) -> lsp.Diagnostic:
    own = each.span is not None and each.span.source.name == source.name
    place = range_of(each.span) if each.span is not None and own else lsp.Range(_START, _START)
    related = [(note.text, note.span) for note in each.notes if note.span is not None]
    related += [(f"in `{frame.name}`", frame.span) for frame in each.chain]
    return lsp.Diagnostic(
        place,
        each.message + (f"\n{each.help}" if each.help else ""),
        SEVERITIES[each.severity],
        each.code,
        source="archdsl",
        related_information=[
            lsp.DiagnosticRelatedInformation(_location(span), text)
            for text, span in dict.fromkeys(related)
        ],
        tags=[lsp.DiagnosticTag.Unnecessary] if "never use" in each.message else None,
    )


_START = lsp.Position(0, 0)


def _location(span: Span) -> lsp.Location:
    return lsp.Location(Path(span.source.name).absolute().as_uri(), range_of(span))


def hover(
    snapshot: Snapshot, position: lsp.Position, opened: Mapping[str, str]
) -> lsp.Hover | None:
    """Return what a word is, and what the layers of its line make."""
    offset = offset_at(snapshot.source, position)
    found = word_at(snapshot.source.text, offset)
    if found is None:
        return None
    word, start, end = found
    named = definition_of(snapshot, word, opened)
    paragraphs: list[str] = []
    if named is not None:
        paragraphs = [f"```arch\n{head_of(named)}\n```", getattr(named, "doc", "")]
    elif word in OPS:
        paragraphs = [f"```arch\n{signature(OPS[word])}\n```", _first(OPS[word].__doc__)]
    elif pages.page(word) is not None:
        paragraphs = [pages.title(word)]
    paragraphs += [_facts(graph, node) for graph, node in _nodes(snapshot, position.line, offset)]
    text = "\n\n".join(filter(None, paragraphs))
    if not text:
        return None
    span = Span(snapshot.source, start, end)
    return lsp.Hover(lsp.MarkupContent(lsp.MarkupKind.Markdown, text), range_of(span))


def signature(op: type[Op]) -> str:
    """Return a call of an op with all its arguments: `conv(kernel, channels, stride=1x1, …)`."""
    given = [
        name if each.default in (MISSING, None) else f"{name}={str(each.default).lower()}"
        for name, each in attributes(op).items()
    ]
    return f"{op.word}({', '.join(given)})"


def _first(doc: str | None) -> str:
    return (doc or "").partition("\n\n")[0]


def _facts(graph: Graph, node: Node) -> str:
    from archdsl.analyses.cost import costs

    cost = costs(graph)[node.id]
    shapes = " and ".join(size(shape) for shape in graph.operands(node))
    change = f"{shapes} → {size(node.shape)}" if shapes else size(node.shape)
    numbers = f"{cost.params:,} parameters, {cost.macs:,} multiply-adds"
    return f"`{graph.name}` `{node.path}`: {change}; {numbers}"


def _nodes(snapshot: Snapshot, line: int, offset: int) -> Iterator[tuple[Graph, Node]]:
    """Yield nodes that the call at an offset makes, the first of each graph first."""
    if snapshot.good is None or _good_line(snapshot, line) != line:
        return
    count = 0
    for graph in snapshot.graphs:
        for node in graph.nodes:
            inside = node.span.source is snapshot.good and node.span.start <= offset < node.span.end
            if inside and count < MOST_PLACES:
                count += 1
                yield graph, node


def completion(
    snapshot: Snapshot, position: lsp.Position, opened: Mapping[str, str]
) -> list[lsp.CompletionItem]:
    """Return what can be written at a place: arguments of the call around it, and names."""
    offset = offset_at(snapshot.source, position)
    text = snapshot.source.text
    begin = text.rfind("\n", 0, offset) + 1
    line = text[begin:offset].split()
    if line[:1] == ["from"] and "import" in line:
        source = imported(snapshot, opened, line[1])
        names = defined(parse(source, Sink())) if source is not None else ()
        return [_item(each.name.id, lsp.CompletionItemKind.Class) for each in names]
    if line[:1] == ["from"]:
        from archdsl.files import library

        modules = sorted(set(library().names(snapshot.source)))
        return [_item(name, lsp.CompletionItemKind.Module) for name in modules]
    found = [
        _item(f"{name}=", lsp.CompletionItemKind.Property)
        for name in _arguments(snapshot, call_around(text, offset), opened)
    ]
    found += [
        _item(each.name.id, lsp.CompletionItemKind.Class, head_of(each))
        for each in defined(snapshot.file)
    ]
    for each in snapshot.file.definitions:
        if isinstance(each, ast.Import):
            found += [_item(name.id, lsp.CompletionItemKind.Class) for name in each.names]
    found += [
        _item(word, lsp.CompletionItemKind.Function, _first(op.__doc__)) for word, op in OPS.items()
    ]
    found += [_item(word, lsp.CompletionItemKind.Function) for word in sorted(FUNCTIONS)]
    return found + [_item(word, lsp.CompletionItemKind.Keyword) for word in keywords()]


def _arguments(snapshot: Snapshot, call: str | None, opened: Mapping[str, str]) -> list[str]:
    """Return the names of the arguments of an op, a block or a network."""
    if call is None:
        return []
    named = definition_of(snapshot, call, opened)
    if isinstance(named, (ast.Block, ast.Network)):
        return [parameter.name.id for parameter in named.parameters]
    return list(attributes(OPS[call])) if call in OPS else []


def _item(label: str, kind: lsp.CompletionItemKind, detail: str = "") -> lsp.CompletionItem:
    return lsp.CompletionItem(label, kind=kind, detail=detail or None)


def definition(
    snapshot: Snapshot, position: lsp.Position, opened: Mapping[str, str]
) -> lsp.Location | None:
    """Return where the name at a place is defined."""
    found = word_at(snapshot.source.text, offset_at(snapshot.source, position))
    named: Named | None = definition_of(snapshot, found[0], opened) if found else None
    return _location(named.name.span) if named is not None else None


def symbols(snapshot: Snapshot) -> list[lsp.DocumentSymbol]:
    """Return the definitions of a document, for its outline."""
    return [
        lsp.DocumentSymbol(
            each.name.id,
            KINDS[type(each)],
            range_of(each.span),
            range_of(each.name.span),
            detail=type(each).__name__.lower(),
        )
        for each in defined(snapshot.file)
        if each.span.source.text == snapshot.source.text
    ]


def formatting(snapshot: Snapshot) -> list[lsp.TextEdit]:
    """Return the edit that formats a document; none if it has mistakes or is formatted."""
    source = snapshot.source
    text = format_source(source, Sink())
    if text == source.text:
        return []
    whole = lsp.Range(_START, position_at(source, len(source.text)))
    return [lsp.TextEdit(whole, text)]


def actions(snapshot: Snapshot, asked: lsp.Range, uri: str) -> list[lsp.CodeAction]:
    """Return the fixes of the mistakes in a range."""
    found = []
    for each in snapshot.found:
        if each.fix is None or each.span is None or each.fix.span.source is not each.span.source:
            continue
        place = range_of(each.span)
        if each.span.source.name != snapshot.source.name:
            continue
        if place.start.line > asked.end.line or place.end.line < asked.start.line:
            continue
        edit = lsp.TextEdit(range_of(each.fix.span), each.fix.replacement)
        found.append(
            lsp.CodeAction(
                each.fix.message,
                lsp.CodeActionKind.QuickFix,
                [_diagnostic(each, snapshot.source)],
                edit=lsp.WorkspaceEdit({uri: [edit]}),
                is_preferred=each.fix.safe,
            )
        )
    return found


def hints(snapshot: Snapshot, asked: lsp.Range) -> list[lsp.InlayHint]:
    """Return the shape that each line makes, at its end; several shapes as their ends.

    They are those of the last text without mistakes, on lines that have not changed since.
    """
    if snapshot.good is None:
        return []
    shapes = _shapes(snapshot.graphs, snapshot.good)
    found = []
    for line in range(asked.start.line, min(asked.end.line, snapshot.source.text.count("\n")) + 1):
        known = list(shapes.get(_good_line(snapshot, line), ()))
        if known:
            text = known[0] if len(known) == 1 else f"{known[0]} … {known[-1]}"
            place = end_of_line(snapshot.source, line)
            found.append(lsp.InlayHint(place, text, padding_left=True))
    return found


def _shapes(graphs: Sequence[Graph], source: Source) -> dict[int, dict[str, None]]:
    """Return the shapes of what each line of a text ends with, in order, by line."""
    made: dict[int, list[tuple[int, str]]] = {}
    for graph in graphs:
        for span, node in _values(graph, graph.root):
            if span.source is source:
                line = source.position(span.end).line - 1
                made.setdefault(line, []).append((span.end, size(node.shape).replace("x", "×")))
    ends = {line: max(end for end, _ in values) for line, values in made.items()}
    return {
        line: dict.fromkeys(shape for end, shape in values if end == ends[line])
        for line, values in made.items()
    }


def _values(graph: Graph, scope: Scope) -> Iterator[tuple[Span, Node]]:
    """Yield the layers and the calls of blocks in a scope, each with the value that it makes."""
    for item in scope.items:
        if isinstance(item, Node):
            yield item.span, item
        else:
            yield from _values(graph, item)
            made = graph.output_of(item) if item.kind in ("block", "inline") else None
            if made is not None:
                yield item.span, made


def _good_line(snapshot: Snapshot, line: int) -> int:
    """Return the line of the last good text that a line was; -1 if it has changed."""
    assert snapshot.good is not None
    if snapshot.good is snapshot.source:
        return line
    now, then = snapshot.source.text.split("\n"), snapshot.good.text.split("\n")
    if line < len(then) and now[: line + 1] == then[: line + 1]:
        return line
    behind = line - len(now)
    if -behind <= len(then) and now[behind:] == then[behind:]:
        return len(then) + behind
    return -1
