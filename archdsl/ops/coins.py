"""Random choice of paths in training, which `drop_path` and `join` share."""

from __future__ import annotations

COINS = '''
class Coins(nn.Module):
    """Leaves out at random in training: by skipping, or by masking with zeros.

    Skipping saves the time of what is left out, which gets no gradient. Its coins come
    from `generator`, by default PyTorch's own. Masking computes everything. `masked`
    chooses; by default several processes mask unless they have a `generator`, because
    those that skip different parts wait for each other.
    """

    def __init__(self) -> None:
        super().__init__()
        self.generator: torch.Generator | None = None
        self.masked: bool | None = None
        self.mode = nn.Dropout(1.0)  # turns 1 into 0 in training only

    @staticmethod
    def configure(
        network: nn.Module,
        generator: torch.Generator | None = None,
        masked: bool | None = None,
    ) -> None:
        """Set how a network leaves out paths.

        Processes with generators of one seed skip the same paths.
        """
        for module in network.modules():
            if isinstance(module, Coins):
                module.generator, module.masked = generator, masked

    def masks(self, x: Tensor | None) -> bool:
        """Whether to mask in a forward that computes on `x`."""
        if torch.jit.is_scripting():
            return False
        if self.recorded(x):
            return True
        if self.masked is not None:
            return self.masked
        group = torch.distributed
        if not (group.is_available() and group.is_initialized()):
            return False
        return group.get_world_size() > 1 and self.generator is None

    def recorded(self, x: Tensor | None) -> bool:
        """Whether a graph records what is computed on `x`: it would repeat one coin."""
        if torch.jit.is_scripting():
            return False
        if isinstance(x, torch.fx.Proxy):
            return True
        if torch.jit.is_tracing() or torch.compiler.is_compiling():
            return True
        return x is not None and x.is_cuda and torch.cuda.is_current_stream_capturing()

    def evaluates(self, x: Tensor) -> Tensor:
        """Whether this is evaluation, as a tensor: graphs follow train() and eval()."""
        return self.mode(x.new_ones(())) > 0
'''
