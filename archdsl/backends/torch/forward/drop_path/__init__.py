"""Paths that training drops by a coin, and branches that joins do not keep.

Only classes with such paths or joins come into this room: `paths` puts what leads only to a path
under its coin, `demand` finds for what each value is needed, and `conditions` puts neighbours that
serve one demand under one condition.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from archdsl.backends.torch.classes import Classes
from archdsl.backends.torch.forward.drop_path.conditions import under_conditions
from archdsl.backends.torch.forward.drop_path.demand import demands_of
from archdsl.backends.torch.forward.drop_path.paths import under_coins
from archdsl.backends.torch.forward.order import Order, order_of
from archdsl.backends.torch.generated_class import Class
from archdsl.backends.torch.outline import Module
from archdsl.reserved import allowed


@dataclass(frozen=True)
class Choices:
    """The random choices of training in a network.

    `picking` has for each class the positions of the joins that get only some of their operands,
    `live` the modules whose callers choose among the results.
    """

    picking: Mapping[Class, frozenset[int]] = field(default_factory=dict)
    live: frozenset[Module] = frozenset()


def choices_of(classes: Classes, aside: Sequence[int]) -> Choices:
    """The choices in all classes of a network; `aside` are what it returns beside its results."""
    picking: dict[Class, frozenset[int]] = {}
    live: set[Module] = set()
    for made in reversed(classes.found):  # callers first
        if made.sequential or made.dense:
            continue
        picking[made] = _picking(made)
        if not picking[made] and made.pattern not in live:
            continue
        order = order_of(made, aside if made.pattern.scope.parent is None else ())
        demands = demands_of(order, picking[made], made.pattern in live)
        for part in made.pattern.parts:
            wanted = {demands.values.get(number) for number in part.outputs}
            if len(wanted) > 1 and part.child is not None:
                live.update(classes.of[part.child].instances)
    return Choices(picking, frozenset(live))


def _picking(made: Class) -> frozenset[int]:
    """The positions of joins that leave out operands in at least one instance."""
    return frozenset(
        position
        for module in made.instances
        for position, part in enumerate(module.parts)
        if part.node is not None and part.node.op.picks and len(part.inputs) > 1
    )


NO_CHOICES = Choices()


def with_choices(order: Order, made: Class, names: Sequence[str], choices: Choices) -> Order:
    """The order with what training may leave out under conditions; `names` are of the inputs."""
    if any(step.part.skipped is not None for step in order.steps):
        order = under_coins(order)
    picking = choices.picking.get(made, frozenset())
    live = made.pattern in choices.live
    if not (picking or live or any(part.child in choices.live for part in made.pattern.parts)):
        return order
    demands = demands_of(order, picking, live)
    taken = {*names, *(allowed(part.name) for part in made.pattern.parts)}
    return under_conditions(order, demands, picking, choices.live, taken, live)
