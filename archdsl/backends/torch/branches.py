"""What a `forward` leaves out in training: drop paths, and branches that joins do not keep."""

from __future__ import annotations

from collections.abc import Collection

from archdsl.backends.torch.classes import Class
from archdsl.backends.torch.demand import CALLER, Mask, condition
from archdsl.backends.torch.layout import INDENT, CallOf, Choice, Expr, Infix, laid_out
from archdsl.backends.torch.steps import Demand, Guard, Step, Steps
from archdsl.backends.torch.variables import Variables
from archdsl.reserved import allowed, free_name


class Branches(Variables):
    """Conditions, and the values of what is made only where they hold.

    `masks` says for joins what they keep, while that is known, and for the caller what it wants.
    """

    def __init__(self, made: Class, steps: Steps, aside: Collection[int]) -> None:
        module = made.pattern
        super().__init__(module, steps, aside)
        self.made = made
        self.joins = {s.position: s for s in self.steps if isinstance(s, Step) and s.picks}
        self.masks: dict[int, Mask] = {}
        self.spoken = {*self.names, *(allowed(part.name) for part in module.parts)}
        if module.live:
            self.masks[CALLER] = Mask(free_name("live", self.spoken), len(self.returned))

    def _open(self, guard: Guard) -> None:
        """The condition, and before it the values of what is made only where it holds."""
        self._name(self.pending)
        if guard.path is not None:
            self._keep_other(guard)
            self._run(guard.other)
            other = (self.values[guard.other].expression,)
            holds: Expr = CallOf(f"self{self.made.step(guard.path.part)}.kept", other)
        else:
            self._draw(guard.drawn)
            self._unset(guard.unset)
            holds = condition(guard.demand, self.masks)
        self.lines += laid_out("if ", holds, ":", level=self.level)
        self.level += 1
        self.held.open()
        self.guards.append(guard)

    def _close(self, guard: Guard) -> None:
        self._name(self.pending)
        for number in guard.made:
            self._assign(self.kept_for.pop(number), number)
        self.held.close(runs=guard.path is None)
        self.level -= 1

    def _keep_other(self, guard: Guard) -> None:
        """Without the path the sum is its other operand, whose variable it takes if that is free.

        The branch has yet to run: no variable that it reads may be overwritten here.
        """
        (result,) = guard.last.part.outputs
        name = self.kept_for.get(result)
        self.values[result] = self.values[guard.other]
        if name is None and self.last_use[guard.other] > self.order[guard.last]:
            name = self._free_name(result)
        self._assign(name or self.values[result].expression.flat(), result)

    def _add_path(self, step: Step, skipped: int) -> None:
        (result,) = step.part.outputs
        target = self.values[result].expression
        self._run(result, step.reads[skipped])
        both = Infix("+", (target, self.values[step.reads[skipped]].expression))
        self.lines += laid_out(f"{target.flat()} = ", both, level=self.level)
        self.held.assign(target.flat(), result)
        self._inline(step.reads)

    def _draw(self, joins: set[int]) -> None:
        """What joins keep, later ones first: a join that they leave out keeps nothing."""
        new: set[int] = set()
        while joins := joins - new - self.masks.keys():
            new |= joins
            joins = {later for join in joins for later, _ in self.joins[join].demand or ()}
        if new:
            self._name(self.pending)
        for position in sorted(new, reverse=True):
            join = self.joins[position]
            name = free_name("kept", self.spoken)
            live = () if join.demand is None else (condition(join.demand, self.masks),)
            drawn = CallOf(f"self{self.made.step(join.part)}.draw", (self._any_variable(), *live))
            self.lines += laid_out(f"{name} = ", drawn, level=self.level)
            self.held.assign(name)
            self.masks[position] = Mask(name, len(join.reads))
            self.spoken.add(name)

    def _any_variable(self) -> Expr:
        """A value that the code has at hand: it shows whether a graph is recorded."""
        return next(value.expression for value in self.values.values() if value.is_name)

    def _forget(self, step: Step) -> None:
        """What a join keeps is of no use once it has been written."""
        if step.picks:
            self.spoken.discard(self.masks.pop(step.position).name)

    def _unset(self, numbers: list[int]) -> None:
        taken = self.values.taken().with_others(self.unmade)
        names = dict(zip(numbers, taken.free_names(), strict=False))
        self.kept_for |= names
        self.unmade |= {name: number for number, name in names.items()}
        if names:
            for number, name in names.items():
                self.held.assign(name, number)
            targets = " = ".join(names.values())
            self.lines.append(f"{INDENT * self.level}{targets} = None")

    def _given(self, step: Step) -> tuple[Expr, ...]:
        """The operands; what a join has not kept it gets as None."""
        if not step.picks:
            return tuple(self.values[number].expression for number in step.reads)
        return tuple(self._if_wanted(*read, step.position) for read in enumerate(step.reads))

    def _if_wanted(self, place: int, number: int, reader: int) -> Expr:
        """A value that is not made, or None, exactly as one reader wants it."""
        value = self.values[number].expression
        if number in self.makers and self.demands[number] == frozenset([(reader, place)]):
            return value
        return Choice(value, self.masks[reader].item(place), "None")

    def _told(self, step: Step) -> list[Demand]:
        """What a block is told of the values that its caller may not want."""
        if step.part.child is None or not step.part.child.live:
            return []
        demands = [self.demands.get(number) for number in step.part.outputs]
        return [None if demand == step.demand else demand for demand in demands]
