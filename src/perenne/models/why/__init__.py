"""Why a customer is expected to bring more or less than the mean customer of the shop."""

from __future__ import annotations
