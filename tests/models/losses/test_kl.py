"""The divergence of a style from its prior, against torch.distributions."""

import pytest
import torch
from torch.distributions import Normal, kl_divergence

from models.encoders.encoder import Posterior
from models.losses import kl


def posterior(batch: int = 5) -> Posterior:
    torch.manual_seed(0)
    return Posterior(torch.randn(batch, 7) * 2, torch.randn(batch, 7))


def test_agrees_with_torch_distributions() -> None:
    mean, log_var = posterior()
    prior = Normal(torch.zeros_like(mean), torch.ones_like(mean))
    expected = kl_divergence(Normal(mean, (0.5 * log_var).exp()), prior).sum(dim=1).mean()
    torch.testing.assert_close(kl.kl_divergence(posterior()), expected)


def test_the_prior_is_at_no_distance_and_everything_else_is_at_some() -> None:
    zero = torch.zeros(2, 3)
    assert kl.kl_divergence(Posterior(zero, zero)) == 0
    for mean, log_var in ((zero + 0.1, zero), (zero, zero + 0.1), (zero, zero - 0.1)):
        assert kl.kl_divergence(Posterior(mean, log_var)) > 0


def test_a_larger_batch_weighs_no_more() -> None:
    mean, log_var = posterior(batch=1)
    one, six = (Posterior(mean.repeat(count, 1), log_var.repeat(count, 1)) for count in (1, 6))
    assert kl.kl_divergence(six).item() == pytest.approx(kl.kl_divergence(one).item())


def test_gradient_is_the_derivative_on_paper() -> None:
    """Of the mean m / B, of the log-variance (exp(v) - 1) / 2B."""
    mean, log_var = (values.requires_grad_() for values in posterior())
    kl.kl_divergence(Posterior(mean, log_var)).backward()
    torch.testing.assert_close(mean.grad, mean.detach() / len(mean))
    torch.testing.assert_close(log_var.grad, 0.5 * (log_var.detach().exp() - 1) / len(mean))
