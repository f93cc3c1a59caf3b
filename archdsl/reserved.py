"""The names that generated Python uses itself: no author's name may hide them.

Each group is listed once. The sets at the end are for the kinds of names that an author gives.
"""

from __future__ import annotations

import keyword
from collections.abc import Container

_IMPORTED = "F NamedTuple OrderedDict Tensor annotations math nn partial torch"
_IMPORTED_TYPES = "Any Callable Sequence"
_BUILTIN = "None True False ValueError bool float int isinstance range self super tuple"
_FUNCTIONS = "max min round"  # of expressions
_SUPPORTING = "divisible draw_paths recomputed"  # functions beside the classes
_OF_ENGINES = "after folded merged scaled"  # functions that engines call
_IN_METHODS = "_ any i x"

# Attributes of every `torch.nn.Module`; a test compares the list with PyTorch.
_MODULE_ATTRIBUTES = """
    T_destination add_module apply bfloat16 buffers call_super_init children compile cpu cuda
    double dump_patches eval extra_repr float forward get_buffer get_extra_state get_parameter
    get_submodule half ipu load_state_dict modules mtia named_buffers named_children
    named_modules named_parameters parameters register_backward_hook register_buffer
    register_forward_hook register_forward_pre_hook register_full_backward_hook
    register_full_backward_pre_hook register_load_state_dict_post_hook
    register_load_state_dict_pre_hook register_module register_parameter
    register_state_dict_post_hook register_state_dict_pre_hook requires_grad_ set_extra_state
    set_submodule share_memory state_dict to to_empty train training type xpu zero_grad
"""
MODULE_ATTRIBUTES = frozenset(_MODULE_ATTRIBUTES.split())

# Attributes of engines, free in a trainable module; a test compares the list.
_ENGINE_ATTRIBUTES = """
    capture check computed computed_fast device dtype exact fixed from_state_dict in_batches
    largest load numbers places plans reset restore sizes tensors unused warm warmup
"""
ENGINE_ATTRIBUTES = frozenset(_ENGINE_ATTRIBUTES.split())

# Networks, blocks and their parameters are refused these names; others get another name.
DEFINITIONS = frozenset([*_IMPORTED.split(), *_BUILTIN.split(), *_SUPPORTING.split()])
CLASSES = frozenset([*_IMPORTED.split(), *_IMPORTED_TYPES.split(), *_BUILTIN.split()])
VARIABLES = (
    DEFINITIONS
    | CLASSES
    | frozenset([*_FUNCTIONS.split(), *_OF_ENGINES.split(), *_IN_METHODS.split()])
)


def allowed(name: str) -> str:
    """An author's name where Python or the generated file needs it for something else."""
    return f"{name}_" if keyword.iskeyword(name) or name in VARIABLES else name


def free_name(hint: str, taken: Container[str]) -> str:
    """The first of `hint`, `hint2`, `hint3` … that is not taken."""
    name = allowed(hint)
    number = 2
    while name in taken:
        name = f"{hint}{number}"
        number += 1
    return name
