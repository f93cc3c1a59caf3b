"""The variables of a `forward`: which values are held under which names, and from when."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator
from itertools import chain

from archdsl.backends.torch.held import Held
from archdsl.backends.torch.layout import Atom, laid_out
from archdsl.backends.torch.outline import Module
from archdsl.backends.torch.steps import Guard, Step, Steps
from archdsl.backends.torch.values import Taken, Value, Values
from archdsl.ir import Node
from archdsl.reserved import allowed


class Variables:
    """The statements so far, and the values that they have made; `aside` are results besides."""

    def __init__(self, module: Module, steps: Steps, aside: Collection[int]) -> None:
        self.module = module
        self.steps, self.returned, self.demands = steps.ordered, steps.returned, steps.demands
        self.names = input_names(module)
        self.inputs = frozenset(module.inputs)  # which the caller holds
        self.values = Values()
        self.pending: dict[int, None] = {}  # made, and not yet part of a statement
        self.lines: list[str] = []
        self.held = Held(module.storage)
        self.level = 2  # of indentation
        self.guards: list[Guard] = []  # open ones
        self.kept_for: dict[int, str] = {}  # the variable of a value that is None unless made
        self.unmade: dict[str, int] = {}  # those variables that are still None
        self.uses = Counter(self.returned)
        self.made_at: dict[int, int] = {}
        self.makers: dict[int, Step] = {}
        self.last_use = dict.fromkeys(module.inputs, -1)
        self.order = {step: order for order, step in enumerate(self.steps)}
        begun: dict[Step, int] = {}  # sums that are first assigned where their guard begins
        for order, step in enumerate(self.steps):
            if isinstance(step, Guard):
                begun |= {step.last: order} if step.path is not None else {}
                continue
            self.uses.update(step.reads)
            self.makers |= dict.fromkeys(step.part.outputs, step)
            self.made_at |= dict.fromkeys(step.part.outputs, begun.get(step, order))
            self.last_use |= dict.fromkeys((*step.reads, *step.part.outputs), order)
        self.last_use |= dict.fromkeys((*self.returned, *aside), len(self.steps))
        self.spent: dict[int, list[int]] = defaultdict(list)  # the values last read by each step
        for number, order in self.last_use.items():
            self.spent[max(order, 0)].append(number)

    def _name(self, numbers: Iterable[int]) -> None:
        """Turns expressions into statements; what was computed before them stays before them."""
        wanted = {number for number in numbers if number in self.pending}
        for number in [*self.pending] if wanted else ():
            self._assign(self._variable(number), number)
            del self.pending[number]
            wanted.discard(number)
            if not wanted:
                return

    def _assign(self, name: str, number: int) -> None:
        """A statement, unless the value is already what the variable holds."""
        expression = self.values[number].expression
        self._run(number)
        if expression.flat() != name:
            self.lines += laid_out(f"{name} = ", expression, level=self.level)
            self.held.assign(name)
        self._make(name, number)

    def _run(self, *numbers: int, overwrites: tuple[int, ...] = ()) -> None:
        """Check that the variables in some values' expressions still hold what is meant."""
        values = [self.values[number] for number in numbers]
        reads = [read for value in values for read in value.reads]
        taken = [number for value in values for number in value.overwrites]
        self.held.run(reads, [*taken, *overwrites])

    def _make(self, name: str, number: int) -> None:
        """Notes that a variable holds a value, beside those that it was not assigned after."""
        if self.unmade.get(name) == number:
            del self.unmade[name]
        self.held.share(name, number)
        self.values[number] = Value(Atom(name), is_name=True, reads=((name, number),))

    def _variable(self, number: int) -> str:
        """The label of a value that is read more than once; else the first name that is free."""
        if number in self.kept_for:
            return self.kept_for[number]
        part = self.makers[number].part
        name = allowed(part.name)
        taken = self._read_after(number).with_others(self.unmade)
        if part.labelled and self.uses[number] > 1 and name not in taken and part.name not in taken:
            return name
        return self._free_name(number)

    def _free_name(self, number: int) -> str:
        """A name for a value: first that of what is made of it, which is still None."""
        read = self._read_after(number)
        others = read.with_others(self.unmade).free_names()
        return next(chain(self._ending_in(number, read), others))

    def _ending_in(self, number: int, read: Taken) -> Iterator[str]:
        """Variables, still None, of what the same run makes once the value is no longer read."""
        runs = [guard for guard in self.guards if guard.path is None]
        for later in runs[-1].made if runs else ():
            name = self.kept_for.get(later, "")
            ends = self.last_use[number] <= self.made_at[later]
            if self.unmade.get(name) == later and ends and name not in read:
                yield name

    def _unpack(self, step: Step, value: Value) -> None:
        names = [self.kept_for.get(number, "") for number in step.part.outputs]
        self._name([n for n in self.pending if not self.values[n].words.isdisjoint(names)])
        used, read = set(names), self._read_after(step.part.outputs[0])
        free = read.with_others(self.unmade).free_names()
        for place, number in enumerate(step.part.outputs):
            possible = chain(self._ending_in(number, read), free)
            names[place] = names[place] or next(name for name in possible if name not in used)
            used.add(names[place])
        self.held.run(value.reads, value.overwrites)
        for number, name in zip(step.part.outputs, names, strict=True):
            self.held.assign(name)
            self._make(name, number)
        self.lines += laid_out(f"{', '.join(names)} = ", value.expression, level=self.level)

    def _inline(self, numbers: tuple[int, ...]) -> None:
        """Notes that pending expressions have become part of another."""
        for number in numbers:
            self.pending.pop(number, None)

    def _read_after(self, number: int) -> Taken:
        """The variables that are still read once the value `number` has been computed.

        Values whose last reader has been written are gone, except those of the step itself.
        """
        return self.values.taken({number, *self.spent[self.made_at[number]]})


def input_names(module: Module) -> tuple[str, ...]:
    """`x`, or the names under which the author passes several values."""
    if module.gathers:
        return ("*features",)
    if len(module.inputs) == 1:
        return ("x",)
    given = {
        value.id: name for name, value in module.scope.arguments.items() if isinstance(value, Node)
    }
    labels = {node.id: node.label for node in module.scope.nodes() if not node.inputs}
    return tuple(
        allowed(given.get(number) or labels.get(number) or f"x{i}")
        for i, number in enumerate(module.inputs, 1)
    )
