"""What customers will be worth: orders times value, discounted, with predictive intervals."""

__all__: list[str] = []
