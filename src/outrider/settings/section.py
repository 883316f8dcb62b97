"""What groups of settings are made of."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=1)]


class Section(BaseModel):
    """A group of rows; unchangeable, and a name it does not know is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)
