"""From a document to entities and units: an ordinary spaCy pipeline with three components of ours."""
