"""The settings of nginx for one app."""

from pydantic import Field

from windlass.settings.model import Model
from windlass.settings.words import BodySize


class Nginx(Model):
    """How nginx serves an app."""

    body_limit: BodySize = Field("100m", description="The largest request body that is accepted.")
    proxy_timeout: int = Field(60, ge=1, le=86400, description="Seconds that nginx waits for the app.")
