"""The parameters of a classical potential, as a file holds them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import combinations_with_replacement
from typing import Annotated, Self

import yaml
from pydantic import Field, ValidationError, model_validator

from amorph_flows.errors import InputError
from amorph_flows.potentials.classical._forms import Buckingham, CoulombOnly, Pedone
from amorph_flows.schemas.base import Document
from amorph_flows.schemas.fits import ClassicalSettings

PARAMETER_FILE = "parameters.yaml"
"""Name of the file of a classical potential."""

_SPECIES = re.compile(r"([A-Z][a-z]?)(\d*[+-])?")


class Angle(Document):
    """``k (theta - theta0)^2 exp(-r1/rho1 - r2/rho2)`` of two neighbours of a central atom."""

    center: str
    ends: tuple[str, str]
    k: float = Field(ge=0, description="eV/rad^2; the usual 1/2 is in it")
    theta0: float = Field(ge=0, le=180, description="degrees")
    rho: float | None = Field(default=None, gt=0, description="Å; of ends of one species only")
    cutoff: float | None = Field(default=None, gt=0, description="Å; of ends of one species only")

    @property
    def name(self) -> str:
        """The species with the central one in the middle, such as ``P-O-Si``."""
        first, last = sorted(self.ends)
        return f"{first}-{self.center}-{last}"

    @model_validator(mode="after")
    def _range_is_of_a_bond(self) -> Self:
        alike = self.ends[0] == self.ends[1]
        if alike and (self.rho is None or self.cutoff is None):
            raise ValueError(f"the angle {self.name} needs rho and cutoff")
        if not alike and (self.rho, self.cutoff) != (None, None):
            a, b = (f"{end}-{self.center}-{end}" for end in self.ends)
            raise ValueError(f"the angle {self.name} takes rho and cutoff from {a} and {b}")
        return self


class ClassicalParameters(Document):
    """Charges, pair terms and angle terms of the species of a potential.

    A species is an element such as ``Na``, or an element in an oxidation state such as ``Fe2+``.
    """

    name: str = Field(min_length=1)
    source: str = Field(default="", description="where the parameters come from")
    settings: ClassicalSettings = Field(default_factory=ClassicalSettings)
    charges: dict[str, float] = Field(min_length=1, description="of an ion of each species, e")
    pairs: list[Annotated[Pedone | Buckingham | CoulombOnly, Field(discriminator="form")]]
    angles: list[Angle] = Field(default_factory=list)

    @property
    def elements(self) -> dict[str, str]:
        """The element symbol of each species."""
        return {species: element_of(species) for species in self.charges}

    @property
    def n_numbers(self) -> int:
        """How many numbers the parameters are."""
        terms = [term.model_dump() for term in (*self.pairs, *self.angles)]
        numbers = [value for term in terms for value in term.values() if isinstance(value, float)]
        return len(self.charges) + len(numbers)

    @model_validator(mode="after")
    def _species_are_known_once(self) -> Self:
        for species in self.charges:
            if not _SPECIES.fullmatch(species):
                raise ValueError(
                    f"the species {species!r} is neither an element such as 'Na' nor one in an "
                    "oxidation state such as 'Fe2+'"
                )
        return self

    @model_validator(mode="after")
    def _terms_are_given_once(self) -> Self:
        pairs = ["-".join(sorted(pair.between)) for pair in self.pairs]
        angles = [angle.name for angle in self.angles]
        for name, times in Counter([*pairs, *angles]).items():
            if unknown := sorted(set(name.split("-")) - set(self.charges)):
                raise ValueError(f"{name} has terms, but {unknown[0]} has no charge")
            if times > 1:
                raise ValueError(f"{name} is given more than once")
        for angle in self.angles:
            for end in angle.ends:
                if (bond := f"{end}-{angle.center}-{end}") not in angles:
                    raise ValueError(f"the angle {angle.name} needs one of {bond}")
        return self

    def select(self, wanted: Sequence[str]) -> ClassicalParameters:
        """Return the parameters of some elements alone.

        Parameters
        ----------
        wanted
            Elements, or elements in an oxidation state where the potential has several.

        Raises
        ------
        InputError
            If an element is unknown, its oxidation state is unclear or given twice, or a pair has
            no parameters.
        """
        chosen = self._species(wanted)
        kept = set(chosen)
        selected = self.model_copy(
            update={
                "charges": {species: self.charges[species] for species in chosen},
                "pairs": [pair for pair in self.pairs if kept >= set(pair.between)],
                "angles": [a for a in self.angles if kept >= {a.center, *a.ends}],
            }
        )
        selected.require_pairs()
        return selected

    def require_pairs(self) -> None:
        """Refuse pairs without parameters; two cations need none.

        Raises
        ------
        InputError
            If there are any.
        """
        held = {frozenset(pair.between) for pair in self.pairs}
        missing = [
            f"{a}-{b}"
            for a, b in combinations_with_replacement(self.charges, 2)
            if frozenset((a, b)) not in held and not (self.charges[a] > 0 and self.charges[b] > 0)
        ]
        if missing:
            raise InputError(
                f"the potential {self.name!r} has no parameters for the pairs {', '.join(missing)}"
                "; add them, with 'form: coulomb' where Coulomb's law is meant to act alone"
            )

    def to_text(self) -> str:
        """Return the parameters as a parameter file, every bit of a number kept."""
        content = self.model_dump(mode="json", exclude_none=True)
        return yaml.safe_dump(content, sort_keys=False, allow_unicode=True)

    def _species(self, wanted: Iterable[str]) -> list[str]:
        elements = {element_of(species) for species in self.charges}
        if unknown := [name for name in wanted if element_of(name) not in elements]:
            raise InputError(
                f"the potential {self.name!r} lacks {', '.join(unknown)}; it has "
                f"{', '.join(self.charges)}"
            )
        chosen = list(dict.fromkeys(self._one_species(name) for name in wanted))
        of_chosen = [element_of(species) for species in chosen]
        if twice := [species for species in chosen if of_chosen.count(element_of(species)) > 1]:
            raise InputError(
                f"{' and '.join(twice)} are one element, which has one charge in a potential; "
                "choose one"
            )
        return chosen

    def _one_species(self, name: str) -> str:
        element = element_of(name)
        known = [species for species in self.charges if element_of(species) == element]
        if name in known:
            return name
        if len(known) == 1 and element in (name, known[0]):
            return known[0]
        problem = "knows several" if name == element else f"has no {name}; it knows"
        raise InputError(
            f"the potential {self.name!r} {problem} oxidation states of {element}: name one of "
            f"{', '.join(known)} in place of {name}"
        )


def element_of(species: str) -> str:
    """Return the element symbol of a species such as ``Fe2+``.

    Parameters
    ----------
    species
        An element, or one in an oxidation state.
    """
    found = _SPECIES.fullmatch(species)
    return found[1] if found else species


def parse_parameters(text: str, where: str) -> ClassicalParameters:
    """Return the parameters that the text of a parameter file holds.

    Parameters
    ----------
    text
        YAML, or JSON, which is YAML.
    where
        What to call it in an error.

    Raises
    ------
    InputError
        If it is no parameter file; the message names each field that is wrong.
    """
    try:
        content = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise InputError(f"{where} is not YAML: {error}") from error
    if not isinstance(content, dict):
        raise InputError(f"{where} holds no parameters; see the page on classical potentials")
    try:
        return ClassicalParameters.model_validate(content)
    except ValidationError as error:
        raise InputError(f"{where}: {'; '.join(_problems(error, content))}") from error


def _problems(error: ValidationError, content: dict[str, object]) -> list[str]:
    """Return each problem with the field that it is in, and the pair or angle that this is of."""
    found = []
    for one in error.errors():
        words = [str(word) for word in one["loc"]]
        if len(words) > 1 and words[0] in ("pairs", "angles"):
            words[:2] = [f"{words[0]}[{words[1]}] {_named(content, words[0], int(words[1]))}"]
        message = one["msg"].removeprefix("Value error, ")
        found.append(f"{' '.join(words)}: {message}" if words else message)
    return found


def _named(content: dict[str, object], group: str, number: int) -> str:
    terms = content[group]
    term = terms[number] if isinstance(terms, list) else None
    if not isinstance(term, dict):
        return ""
    return f"({term.get('between') or [term.get('center'), term.get('ends')]})"
