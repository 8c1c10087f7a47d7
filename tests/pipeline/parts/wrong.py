"""All parts that the generator writes wrongly."""

from tests.pipeline.parts.bodies import BODIES
from tests.pipeline.parts.classes import CLASSES
from tests.pipeline.parts.parameters import PARAMETERS
from tests.pipeline.parts.responses import RESPONSES
from tests.pipeline.parts.schemas import SCHEMAS

WRONG = [*PARAMETERS, *BODIES, *RESPONSES, *CLASSES, *SCHEMAS]
