"""The twin: a stack in virtual time (`simulating`), and one fitted from runs that forecasts others (`fitting`)."""

from simulation.twin.simulating import simulate

__all__ = ["simulate"]
