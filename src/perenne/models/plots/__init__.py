"""Pictures of fitted models: their numbers first (`numbers`), then inline SVG (`drawing`)."""

__all__: list[str] = []
