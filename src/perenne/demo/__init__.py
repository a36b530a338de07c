"""A simulated French shop: raw platform exports with every kind of dirt, and the truth apart."""

from perenne.demo.channels import tag_marks, utm_marks
from perenne.demo.jobs import Simulation, simulate

__all__ = ["Simulation", "simulate", "tag_marks", "utm_marks"]
