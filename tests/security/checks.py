"""What schemathesis has to know of the interface, and what counts as a fault of the server.

Every mistake of a client is answered with an error that has a code, in a GraphQL answer of status 200 or 4xx.
schemathesis' own check takes each of them for a failure of the server; this one knows them apart.
"""

import schemathesis
from graphql import parse_value
from hypothesis import strategies as st
from schemathesis.graphql import nodes

# A fault of the server's own, and what stands for one that nobody gave a code.
FAULTS = {"INTERNAL", "TIMEOUT", "STORE", "VAULT", "LOG_BROKEN"}

schemathesis.graphql.scalar("Cents", st.one_of(st.integers(-10, 10**12).map(str), st.text()).map(nodes.String))
schemathesis.graphql.scalar("Degrees", st.one_of(st.floats(-200, 200).map(nodes.Float), st.just(nodes.String("x"))))
schemathesis.graphql.scalar("Position", st.integers(-1, 10**6).map(nodes.Int))
schemathesis.graphql.scalar("Hash", st.one_of(st.just("0" * 64), st.text()).map(nodes.String))
schemathesis.graphql.scalar("JSON", st.text().map(nodes.String))

RINGS = st.lists(st.lists(st.tuples(st.floats(-200, 200), st.floats(-100, 100)), max_size=6), max_size=2)
SHAPES = st.sampled_from(["Polygon", "MultiPolygon", "Point", ""])


def shape(kind, rings):
    """A GeoJSON object as a literal of the query language; tuples become lists of numbers."""
    points = lambda ring: "[" + ", ".join(f"[{x:.6f}, {y:.6f}]" for x, y in ring) + "]"
    return parse_value(f'{{type: "{kind}", coordinates: [{", ".join(map(points, rings))}]}}')


schemathesis.graphql.scalar("GeoJSON", st.one_of(st.builds(shape, SHAPES, RINGS), st.text().map(nodes.String)))


@schemathesis.check
def no_fault(ctx, response, case):
    """No status from 500 on, and no error without a code or with that of a fault."""
    assert response.status_code < 500, f"status {response.status_code}"
    for error in response.json().get("errors", []):
        code = error.get("extensions", {}).get("code")
        assert code, f"an error without a code: {error}"
        assert code not in FAULTS, f"a fault: {error}"
