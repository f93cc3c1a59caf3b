"""Files to tables of names: imports, constants, blocks, networks and their variants."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from archdsl.diagnostics import (
    Diagnostic,
    Note,
    Poisoned,
    Rejected,
    Reported,
    Sink,
    Source,
    Span,
    import_errors,
    name_errors,
    syntax_errors,
)
from archdsl.elaboration.check_files import check_files
from archdsl.elaboration.check_labels import check_labels
from archdsl.elaboration.check_names import (
    check_definitions,
    check_names,
    defined_names,
)
from archdsl.elaboration.environment import (
    BlockValue,
    Environment,
    FunctionValue,
    Meter,
    NetworkValue,
)
from archdsl.elaboration.expressions import Evaluator
from archdsl.elaboration.statements import set_default
from archdsl.records import record
from archdsl.syntax import ast
from archdsl.syntax.parse import parse

DEEPEST_IMPORT = 50
UNKNOWN_NAME = name_errors.unknown_name("", ()).code


@record
class Library:
    """The place of imports: a function from a module's name and its importer to the text.

    `places` and `names` word the message when there is none.
    """

    find: Callable[[str, Source], Source | None]
    places: tuple[str, ...] = ()
    names: Callable[[Source], Iterable[str]] = lambda importer: ()


@dataclass
class Module:
    """A file that has been read: its names, and the networks it defines itself, in order."""

    source: Source
    whole: Span
    doc: str
    environment: Environment = field(default_factory=Environment)
    networks: dict[str, NetworkValue] = field(default_factory=dict)
    expectations: list[ast.Expect] = field(default_factory=list)

    def forget(self, name: str, reported: Reported) -> None:
        """Make a name unknown."""
        self.environment.names[name] = reported
        self.networks.pop(name, None)


@dataclass
class Reader:
    """A reader of files and their imports, each once; mistakes go to the sink."""

    library: Library
    sink: Sink
    meter: Meter = field(default_factory=Meter)
    _modules: dict[str, Module] = field(default_factory=dict)
    _reading: list[str] = field(default_factory=list)
    _own: set[str] = field(default_factory=set)

    def read(self, source: Source, before: Mapping[str, Any] | None = None) -> Module:
        """The module of a file whose own definitions are checked in full.

        It sees the names of `before`, and may define them anew.
        """
        tree = parse(source, self.sink)
        module = self._module(source, tree, before)
        check_names(tree, module.environment, self.sink)
        check_files(tree, self.sink)
        check_labels(tree, module.environment, self.sink)
        return module

    def _module(
        self, source: Source, tree: ast.File, before: Mapping[str, Any] | None = None
    ) -> Module:
        outer = Environment(names=dict(before)) if before else None
        module = Module(source, tree.span, tree.doc, Environment(outer, meter=self.meter))
        for name, reported in tree.broken.items():
            module.forget(name, reported)
        # Blocks see the whole file, whatever its order, but only the defaults above them.
        for definition in tree.definitions:
            if isinstance(definition, ast.Import):
                self._import(definition, module)
        self._own = defined_names(tree)
        shared = module.environment
        for definition in tree.definitions:
            self._define(definition, module, shared)
        for definition in tree.definitions:
            if isinstance(definition, ast.Variant):
                self._variant(definition, module)
        for name, reported in check_definitions(tree, self.sink).items():
            module.forget(name, reported)
        return module

    def _define(self, definition: ast.Definition, module: Module, shared: Environment) -> None:
        names = shared.names
        if isinstance(definition, ast.Block):
            names.setdefault(definition.name.id, BlockValue(definition, shared.inner()))
        elif isinstance(definition, ast.Network):
            network = NetworkValue(
                definition.name.id,
                definition,
                shared.inner(),
                _doc(definition, module),
                definition.name.span,
            )
            if names.setdefault(definition.name.id, network) is network:
                module.networks[definition.name.id] = network
        elif isinstance(definition, ast.Let):
            compute = partial(Evaluator(shared).value, definition.value)
            value: Any = FunctionValue(definition, shared)
            if definition.parameters is None:
                value = self._attempt(compute, definition.name.id)
            names.setdefault(definition.name.id, value)
        elif isinstance(definition, ast.Default):
            self._attempt(lambda: set_default(definition, shared, Evaluator(shared)))
        elif isinstance(definition, ast.Expect):
            module.expectations.append(definition)

    def _variant(self, definition: ast.Variant, module: Module) -> None:
        name = definition.name.id
        if name in module.environment.names:
            return  # reported as defined twice
        value = self._attempt(lambda: self._base(definition, module), name)
        if isinstance(value, NetworkValue):
            doc = _doc(definition, module)
            value = replace(value, name=name, doc=doc, span=definition.name.span)
            module.networks[name] = value
        module.environment.names[name] = value

    def _base(self, definition: ast.Variant, module: Module) -> Any:
        value = Evaluator(module.environment).value(definition.value)
        if not isinstance(value, NetworkValue):
            text = definition.value.span.text.split("(")[0]
            advice = "a variant binds parameters of a network: `network NAME = resnet(…)`"
            problem = name_errors.not_a_layer(text, "not a network", advice)
            raise Rejected(problem.at(definition.value.span))
        return value

    def _attempt(self, compute: Callable[[], Any], own: str | None = None) -> Any:
        """Return the result of `compute`, or the report of a mistake in defining the name `own`."""
        try:
            return compute()
        except Rejected as rejected:
            problem = rejected.diagnostic
            if problem.code == UNKNOWN_NAME and problem.span and problem.span.text in self._own:
                text = problem.span.text
                why = name_errors.defined_by_itself if text == own else name_errors.defined_below
                problem = why(text).at(problem.span)
            return self.sink.add(problem)
        except Poisoned as poisoned:
            return poisoned.reported

    # -------------------------------------------------------------- imports

    def _import(self, definition: ast.Import, module: Module) -> None:
        imported = self._imported(definition, module.source)
        names = module.environment.names
        for name in definition.names:
            if name.id in names and not isinstance(names[name.id], Reported):
                continue  # reported as defined twice
            if isinstance(imported, Reported):
                names[name.id] = imported
            elif name.id in imported.environment.names:
                names[name.id] = imported.environment.names[name.id]
            else:
                known = imported.environment.names
                problem = import_errors.not_in_file(name.id, definition.module.id, known)
                names[name.id] = self.sink.add(problem.at(name.span))

    def _imported(self, definition: ast.Import, importer: Source) -> Module | Reported:
        source = self._found(definition, importer)
        if isinstance(source, Reported):
            return source
        if source.name in self._modules:
            return self._modules[source.name]
        self._reading = self._reading or [importer.name]
        if source.name in self._reading:
            cycle = [*self._reading[self._reading.index(source.name) :], source.name]
            return self._report(import_errors.cyclic_import(cycle), definition)
        if len(self._reading) > DEEPEST_IMPORT:
            return self._report(syntax_errors.imports_too_deep(DEEPEST_IMPORT), definition)
        self._reading.append(source.name)
        try:
            module = self._module(source, parse(source, self.sink))
        finally:
            self._reading.pop()
        self._modules[source.name] = module
        return module

    def _found(self, definition: ast.Import, importer: Source) -> Source | Reported:
        name = definition.module.id
        try:
            source = self.library.find(name, importer)
        except Rejected as rejected:
            return self._report(rejected.diagnostic, definition)
        if source is None:
            known = self.library.names(importer)
            return self._report(
                import_errors.no_such_file(name, self.library.places, known), definition
            )
        return source

    def _report(self, problem: Diagnostic, definition: ast.Import) -> Reported:
        """Report a mistake at the import, or at its own place in the imported file."""
        here = definition.module.span
        if problem.span is None:
            return self.sink.add(problem.at(here))
        return self.sink.add(replace(problem, notes=(*problem.notes, Note("imported here", here))))


def _doc(definition: ast.Network | ast.Variant, module: Module) -> str:
    """The comments on a network: at the head of its file, and above it."""
    return f"{module.doc}\n\n{definition.doc}".strip()
