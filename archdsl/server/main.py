"""The server: it reads requests from standard input and answers by functions of snapshots."""

from __future__ import annotations

import asyncio

from lsprotocol import types as lsp
from pygls.lsp.server import LanguageServer
from pygls.uris import to_fs_path

from archdsl.server import features
from archdsl.server.snapshot import Snapshot, read
from archdsl.version import __version__

PAUSE = 0.15  # seconds without an edit before a text is analysed


class ArchServer(LanguageServer):
    """Open documents with their last snapshots."""

    def __init__(self) -> None:
        super().__init__("archdsl", __version__)
        self.snapshots: dict[str, Snapshot] = {}

    def opened(self) -> dict[str, str]:
        """Return the texts of open documents by their paths."""
        return {path_of(uri): each.source for uri, each in self.workspace.text_documents.items()}

    def snapshot(self, uri: str) -> Snapshot:
        """Return a snapshot of the present text: the last one, or a new one."""
        text = self.workspace.get_text_document(uri).source
        known = self.snapshots.get(uri)
        if known is None or known.source.text != text:
            known = self.snapshots[uri] = read(path_of(uri), text, self.opened(), known)
        return known

    async def analyse(self, uri: str, version: int | None) -> None:
        """Publish what is found in a document, unless an edit follows at once."""
        await asyncio.sleep(PAUSE)
        document = self.workspace.text_documents.get(uri)
        if document is None or document.version != version:
            return
        opened, known = self.opened(), self.snapshots.get(uri)
        made = await asyncio.to_thread(read, path_of(uri), document.source, opened, known)
        document = self.workspace.text_documents.get(uri)
        if document is None or document.version != version:
            return
        self.snapshots[uri] = made
        self.text_document_publish_diagnostics(
            lsp.PublishDiagnosticsParams(uri, features.diagnostics(made), version)
        )
        if self.client_capabilities.workspace is not None:
            self.workspace_inlay_hint_refresh(None)


def path_of(uri: str) -> str:
    """Return the path of a document, or its URI where it has none."""
    return to_fs_path(uri) or uri


def make_server() -> ArchServer:
    """Return a server that answers every request it announces."""
    server = ArchServer()

    @server.feature(lsp.TEXT_DOCUMENT_DID_OPEN)
    async def opened(params: lsp.DidOpenTextDocumentParams) -> None:
        await server.analyse(params.text_document.uri, params.text_document.version)

    @server.feature(lsp.TEXT_DOCUMENT_DID_CHANGE)
    async def changed(params: lsp.DidChangeTextDocumentParams) -> None:
        await server.analyse(params.text_document.uri, params.text_document.version)

    @server.feature(lsp.TEXT_DOCUMENT_DID_CLOSE)
    def closed(params: lsp.DidCloseTextDocumentParams) -> None:
        uri = params.text_document.uri
        server.snapshots.pop(uri, None)
        server.text_document_publish_diagnostics(lsp.PublishDiagnosticsParams(uri, []))

    @server.feature(lsp.TEXT_DOCUMENT_HOVER)
    def hover(params: lsp.HoverParams) -> lsp.Hover | None:
        snapshot = server.snapshot(params.text_document.uri)
        return features.hover(snapshot, params.position, server.opened())

    @server.feature(
        lsp.TEXT_DOCUMENT_COMPLETION, lsp.CompletionOptions(trigger_characters=["(", ",", " "])
    )
    def completion(params: lsp.CompletionParams) -> list[lsp.CompletionItem]:
        snapshot = server.snapshot(params.text_document.uri)
        return features.completion(snapshot, params.position, server.opened())

    @server.feature(lsp.TEXT_DOCUMENT_DEFINITION)
    def definition(params: lsp.DefinitionParams) -> lsp.Location | None:
        snapshot = server.snapshot(params.text_document.uri)
        return features.definition(snapshot, params.position, server.opened())

    @server.feature(lsp.TEXT_DOCUMENT_DOCUMENT_SYMBOL)
    def symbols(params: lsp.DocumentSymbolParams) -> list[lsp.DocumentSymbol]:
        return features.symbols(server.snapshot(params.text_document.uri))

    @server.feature(lsp.TEXT_DOCUMENT_FORMATTING)
    def formatting(params: lsp.DocumentFormattingParams) -> list[lsp.TextEdit]:
        return features.formatting(server.snapshot(params.text_document.uri))

    @server.feature(
        lsp.TEXT_DOCUMENT_CODE_ACTION, lsp.CodeActionOptions([lsp.CodeActionKind.QuickFix])
    )
    def actions(params: lsp.CodeActionParams) -> list[lsp.CodeAction]:
        uri = params.text_document.uri
        return features.actions(server.snapshot(uri), params.range, uri)

    @server.feature(lsp.TEXT_DOCUMENT_INLAY_HINT)
    def hints(params: lsp.InlayHintParams) -> list[lsp.InlayHint]:
        return features.hints(server.snapshot(params.text_document.uri), params.range)

    return server
