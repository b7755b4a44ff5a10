"""How bodies are sent that schemathesis does not know."""

import schemathesis


@schemathesis.serializer("application/msgpack")
def as_it_is(_context, value):
    return value if isinstance(value, bytes) else str(value).encode(errors="ignore")
