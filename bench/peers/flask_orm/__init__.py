"""Bills in Flask, gunicorn, Pydantic and the SQLAlchemy ORM: JSON in, the same rows and guarantees out."""
