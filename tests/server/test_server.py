"""The language server as an editor talks to it: a real client, over standard input and output."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types as lsp
from pygls.lsp.client import LanguageClient

WRONG = "network net {\n    input 3x32x32\n    conv(3x3, 16, padd=1)  # 🙂\n}\n"
RIGHT = WRONG.replace("padd=1", "pad=1")
Session = Callable[["Editor"], Awaitable[None]]


class Editor:
    """A client with one open document, and what the server has published for it."""

    def __init__(self, folder: Path) -> None:
        self.client = LanguageClient("test", "1")
        self.uri = (folder / "net.arch").as_uri()
        self.published: asyncio.Queue[lsp.PublishDiagnosticsParams] = asyncio.Queue()
        self.version = 0

        @self.client.feature(lsp.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
        def published(params: lsp.PublishDiagnosticsParams) -> None:
            self.published.put_nowait(params)

        @self.client.feature(lsp.WORKSPACE_INLAY_HINT_REFRESH)
        def refresh(_: Any) -> None:
            return None

    async def start(self) -> lsp.ServerCapabilities:
        await self.client.start_io(sys.executable, "-m", "archdsl", "lsp")
        capabilities = lsp.ClientCapabilities(workspace=lsp.WorkspaceClientCapabilities())
        made = await self.client.initialize_async(lsp.InitializeParams(capabilities))
        self.client.initialized(lsp.InitializedParams())
        return made.capabilities

    def open(self, text: str) -> None:
        item = lsp.TextDocumentItem(self.uri, "arch", self.version, text)
        self.client.text_document_did_open(lsp.DidOpenTextDocumentParams(item))

    def change(self, *changes: lsp.TextDocumentContentChangeEvent) -> None:
        self.version += 1
        document = lsp.VersionedTextDocumentIdentifier(self.version, self.uri)
        self.client.text_document_did_change(
            lsp.DidChangeTextDocumentParams(document, list(changes))
        )

    async def findings(self) -> list[lsp.Diagnostic]:
        """The diagnostics of the present version."""
        while True:
            found = await asyncio.wait_for(self.published.get(), 60)
            if found.version == self.version:
                return list(found.diagnostics)

    @property
    def document(self) -> lsp.TextDocumentIdentifier:
        return lsp.TextDocumentIdentifier(self.uri)


def talk(folder: Path, session: Session) -> None:
    """Run a session, and end the server as an editor does."""

    async def whole() -> None:
        editor = Editor(folder)
        try:
            await session(editor)
        finally:
            await editor.client.shutdown_async(None)
            editor.client.exit(None)
            await editor.client.stop()

    asyncio.run(whole())


def test_a_mistake_is_seen_fixed_and_gone(tmp_path: Path) -> None:
    async def session(editor: Editor) -> None:
        capabilities = await editor.start()
        assert capabilities.hover_provider
        assert capabilities.inlay_hint_provider
        editor.open(WRONG)
        (found,) = await editor.findings()
        assert found.code == "A202"
        assert "`conv` has no argument `padd`" in found.message
        assert found.range == lsp.Range(lsp.Position(2, 18), lsp.Position(2, 22))
        context = lsp.CodeActionContext([found])
        actions = await editor.client.text_document_code_action_async(
            lsp.CodeActionParams(editor.document, found.range, context)
        )
        assert actions is not None
        (action,) = actions
        assert isinstance(action, lsp.CodeAction)
        assert action.edit is not None
        assert action.edit.changes is not None
        (edit,) = action.edit.changes[editor.uri]
        editor.change(lsp.TextDocumentContentChangePartial(edit.range, edit.new_text))
        assert await editor.findings() == []
        hints = await editor.client.text_document_inlay_hint_async(
            lsp.InlayHintParams(editor.document, lsp.Range(lsp.Position(0, 0), lsp.Position(9, 0)))
        )
        assert hints is not None
        assert [(hint.position.line, hint.label) for hint in hints] == [
            (1, "3×32×32"),
            (2, "16×32×32"),
        ]
        assert hints[1].position == lsp.Position(2, len("    conv(3x3, 16, pad=1)  # ") + 2)

    talk(tmp_path, session)


def test_hover_completion_definition_and_outline(tmp_path: Path) -> None:
    text = (
        "from resnet import basic\n# A unit.\nblock unit(width, stride = 1) {\n"
        "    conv(3x3, width, /stride, bias=false) -> bn\n}\n"
        "network net { input 3x8x8 -> unit(4) -> basic(4) }\n"
    )

    async def session(editor: Editor) -> None:
        await editor.start()
        editor.open(text)
        assert await editor.findings() == []

        async def hovered(line: int, column: int) -> str:
            params = lsp.HoverParams(editor.document, lsp.Position(line, column))
            found = await editor.client.text_document_hover_async(params)
            assert found is not None
            assert isinstance(found.contents, lsp.MarkupContent)
            return found.contents.value

        conv = await hovered(3, 6)
        assert "conv(kernel, channels, stride=" in conv
        assert "108 parameters, 6,912 multiply-adds" in conv  # 3·3·3·4, and 64 times that
        assert "block unit(width, stride = 1)" in await hovered(5, 31)
        assert "A unit." in await hovered(5, 31)

        async def completed(line: int, column: int) -> set[str]:
            params = lsp.CompletionParams(editor.document, lsp.Position(line, column))
            found = await editor.client.text_document_completion_async(params)
            assert isinstance(found, list)
            return {item.label for item in found}

        assert {"kernel=", "pad=", "unit", "basic", "maxpool", "repeat"} <= await completed(3, 14)
        assert {"width=", "stride="} <= await completed(5, 35)
        assert {"basic", "bottleneck"} <= await completed(0, 19)

        async def defined(line: int, column: int) -> lsp.Location:
            params = lsp.DefinitionParams(editor.document, lsp.Position(line, column))
            found = await editor.client.text_document_definition_async(params)
            assert isinstance(found, lsp.Location)
            return found

        assert (await defined(5, 30)).range.start == lsp.Position(2, 6)
        other = await defined(5, 41)
        assert other.uri.endswith("/resnet.arch")
        params = lsp.DocumentSymbolParams(editor.document)
        outline = await editor.client.text_document_document_symbol_async(params)
        assert outline is not None
        assert [each.name for each in outline] == ["unit", "net"]

    talk(tmp_path, session)


def test_a_document_is_formatted(tmp_path: Path) -> None:
    async def session(editor: Editor) -> None:
        await editor.start()
        editor.open("network net {\n  input   3x8x8\n}\n")
        params = lsp.DocumentFormattingParams(editor.document, lsp.FormattingOptions(4, True))
        edits = await editor.client.text_document_formatting_async(params)
        assert edits is not None
        assert [edit.new_text for edit in edits] == ["network net {\n    input 3x8x8\n}\n"]

    talk(tmp_path, session)


def test_an_editor_that_dies_ends_the_server(tmp_path: Path) -> None:
    async def whole() -> None:
        server = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "archdsl", "lsp",
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        assert server.stdin is not None
        server.stdin.close()
        await asyncio.wait_for(server.communicate(), 60)

    asyncio.run(whole())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("words", [["lsp", "--version"]])
def test_the_command_names_its_version(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    from archdsl.cli.main import main

    assert main(words) == 0
    assert "archdsl 0.1.0, pygls 2" in capsys.readouterr().out
