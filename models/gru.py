"""A GRU that is faster on the CPU: the layer of PyTorch, its steps and derivative written by hand.

PyTorch has a fused kernel for the LSTM on the CPU and none for the GRU: autograd records some
twenty small operations a step, and a product for the weights' gradient at every step. Here a step
is five operations forward and three backward, and each weight's gradient is one product at the end.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from models.walk import walk_in_pieces


class GRU(nn.GRU):
    """`torch.nn.GRU` of one layer, batch first; the same weights, results and state dict."""

    def forward(self, x: Tensor, h: Tensor | None = None) -> tuple[Tensor, Tensor]:  # type: ignore[override]
        """[R, N, I] and the state [1, R, D] → [R, N, D] and the last state [1, R, D]."""
        if x.device.type != "cpu" or torch.is_autocast_enabled("cpu"):
            return super().forward(x, h)
        if h is None and not torch.is_grad_enabled():
            out = walk_in_pieces(self._walk, x, self.hidden_size)
        else:
            out = self._walk(x, x.new_zeros(len(x), self.hidden_size) if h is None else h[0])
        return out, out[None, :, -1]

    def _walk(self, x: Tensor, h: Tensor) -> Tensor:
        """[R, N, I] and the state [R, D] → [R, N, D]."""
        out: Tensor = _Walk.apply(x.transpose(0, 1), h, *self.parameters())  # type: ignore[no-untyped-call]
        return out.transpose(0, 1)


class _Walk(torch.autograd.Function):
    """h_t of all steps, time first: [N, R, I] → [N, R, D].

    Cho et al. 2014 (arXiv 1406.1078), eq. 5–8, with the reset gate behind the product, as cuDNN:
    r, z = sigmoid(·), n = tanh(x_n + r ⊙ a), a = W_hn h + b_hn, h' = n + z ⊙ (h − n).
    """

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, h: Tensor, w_ih: Tensor, w_hh: Tensor, b_ih: Tensor, b_hh: Tensor
    ) -> Tensor:
        N, R, D = len(x), *h.shape
        flat = x.reshape(N * R, -1)
        gates = x.new_empty(N, R, 3 * D)  # r, z and a; before a step, what does not need h
        rz, a = gates[..., : 2 * D], gates[..., 2 * D :]
        bias = b_ih[: 2 * D] + b_hh[: 2 * D]
        rz.copy_(torch.addmm(bias, flat, w_ih[: 2 * D].t()).view(N, R, 2 * D))
        a.copy_(b_hh[2 * D :])
        n = torch.addmm(b_ih[2 * D :], flat, w_ih[2 * D :].t()).view(N, R, D)
        out = x.new_empty(N + 1, R, D)
        out[0] = h
        r, z = rz.split(D, dim=-1)
        recurrent = w_hh.t()
        for gates_t, rz_t, r_t, z_t, a_t, n_t, h_t, after in zip(
            *(part.unbind() for part in (gates, rz, r, z, a, n, out[:-1], out[1:])), strict=True
        ):
            gates_t.addmm_(h_t, recurrent)
            rz_t.sigmoid_()
            n_t.addcmul_(r_t, a_t).tanh_()
            torch.lerp(n_t, h_t, z_t, out=after)
        ctx.save_for_backward(x, w_ih, w_hh, gates, n, out)
        return out[1:]

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        x, w_ih, w_hh, gates, n, out = ctx.saved_tensors
        N, R, D = n.shape
        r, z, a = gates.split(D, dim=-1)
        # what dh is multiplied by to give the derivative of r's, z's and a's input
        of_n = (1 - z).mul_(1 - n * n)
        slope = x.new_empty(N, R, 3, D)
        torch.mul(of_n, r, out=slope[:, :, 2])
        torch.mul(slope[:, :, 2] * a, 1 - r, out=slope[:, :, 0])
        torch.mul((out[:-1] - n).mul_(z), 1 - z, out=slope[:, :, 1])
        dh, dgates = torch.empty_like(n), torch.empty_like(slope)
        dh[-1] = grad[-1]
        spread, flat = dh.unsqueeze(2), dgates.view(N, R, 3 * D)
        steps = [part.unbind() for part in (dh, spread, slope, z, dgates, flat, grad)]
        dh_, spread_, slope_, z_, dgates_, flat_, grad_ = steps
        for t in range(N - 1, 0, -1):
            torch.mul(spread_[t], slope_[t], out=dgates_[t])
            torch.addcmul(grad_[t - 1], dh_[t], z_[t], out=dh_[t - 1])
            dh_[t - 1].addmm_(flat_[t], w_hh)
        torch.mul(spread_[0], slope_[0], out=dgates_[0])
        start = torch.addmm(dh_[0] * z_[0], flat_[0], w_hh) if ctx.needs_input_grad[1] else None
        inner = dgates.view(N * R, 3 * D)
        dw_hh, db_hh = inner.t() @ out[:-1].reshape(N * R, D), inner.sum(0)
        dgates[:, :, 2] = of_n.mul_(dh)  # from here on of x_n instead of a
        dw_ih, db_ih = inner.t() @ x.reshape(N * R, -1), inner.sum(0)
        dx = (inner @ w_ih).view_as(x) if ctx.needs_input_grad[0] else None
        return dx, start, dw_ih, dw_hh, db_ih, db_hh
