"""Names, e-mails and addresses of invented people, derived from their number alone.

E-mail domains are under `.example` and telephone numbers in the ranges the French regulator
sets aside for fiction, so that none can belong to anybody.
"""

import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

_FIRST = (
    "Camille", "Léa", "Manon", "Chloé", "Inès", "Jade", "Louise", "Zoé", "Élise", "Margaux",
    "Anaïs", "Clémence", "Noémie", "Agathe", "Hélène", "Sylvie", "Françoise", "Nathalie",
    "Isabelle", "Amina", "Fatou", "Yasmine", "Mai", "Sofia", "Lucas", "Hugo", "Louis", "Jules",
    "Gabriel", "Arthur", "Adrien", "Maël", "Noé", "Théo", "Rémi", "François", "Benoît",
    "Jérôme", "Pierre-Yves", "Karim", "Mamadou", "Olivier", "Philippe", "Gaël",
)  # fmt: skip
_LAST = (
    "Martin", "Bernard", "Thomas", "Petit", "Robert", "Richard", "Durand", "Dubois", "Moreau",
    "Laurent", "Simon", "Michel", "Lefèvre", "Leroy", "Roux", "David", "Bertrand", "Morel",
    "Fournier", "Girard", "Bonnet", "Dupont", "Lambert", "Fontaine", "Rousseau", "Vincent",
    "Müller", "Faure", "André", "Mercier", "Blanc", "Guérin", "Boyer", "Garnier", "Chevalier",
    "François", "Legrand", "Gauthier", "Garcia", "Perrin", "Le Gall", "N’Diaye", "Nguyễn",
    "Benali", "D’Angelo", "Hervé", "Colin", "Besançon", "Œuvrard", "Lacroix-Peeters",
)  # fmt: skip
#: Names that break careless readers: emoji, right-to-left scripts, commas, quotes.
_SPECIAL = (
    "Zoé 🌸 Lefèvre",
    "محمد الأمين",
    "נועה כהן",
    "Chloé 👩‍🌾 Martin",
    "O’Brien-Núñez, Aoife",
    'Jean "Jeannot" Dupont',
    "李 小龍",
)
_EVERY_SPECIAL = 149
_DOMAINS = ("courriel.example", "boite.example", "poste.example", "messagerie.example")
_STREETS = (
    "rue de la République", "avenue Jean Jaurès", "rue Victor Hugo", "place de l’Église",
    "chemin des Vignes", "boulevard Voltaire", "rue des Écoles", "impasse du Moulin",
    "rue du Général Leclerc", "allée des Tilleuls", "quai des Brumes", "rue Saint-Exupéry",
)  # fmt: skip
_CITIES: dict[int, tuple[tuple[str, str], ...]] = {
    0: (
        ("75008", "Paris"), ("75011", "Paris"), ("75018", "Paris"), ("69003", "Lyon"),
        ("13006", "Marseille"), ("31000", "Toulouse"), ("06000", "Nice"), ("44000", "Nantes"),
        ("67000", "Strasbourg"), ("34000", "Montpellier"), ("33000", "Bordeaux"),
        ("59800", "Lille"), ("35000", "Rennes"), ("51100", "Reims"), ("38000", "Grenoble"),
        ("01000", "Bourg-en-Bresse"), ("21000", "Dijon"), ("49000", "Angers"),
        ("29200", "Brest"), ("02100", "Saint-Quentin"), ("64100", "Bayonne"),
        ("97400", "Saint-Denis"), ("20000", "Ajaccio"), ("76600", "Le Havre"),
    ),
    1: (("1000", "Bruxelles"), ("4000", "Liège"), ("5000", "Namur"), ("9000", "Gent")),
    2: (("L-1111", "Luxembourg"), ("L-4001", "Esch-sur-Alzette")),
    3: (("66111", "Saarbrücken"), ("77652", "Offenburg")),
}  # fmt: skip
_FICTION = ("19900", "26191", "35301", "46571", "53649", "63998")
_MASK = (1 << 64) - 1


@dataclass(frozen=True, slots=True)
class Identity:
    """How one person appears in the shop's files; `phone` is empty for most."""

    name: str
    email: str
    street: str
    postcode: str
    city: str
    phone: str


def _scatter(number: int, salt: int) -> int:
    """A well-mixed integer of `number` (SplitMix64 finaliser)."""
    x = (number * 0x9E3779B97F4A7C15 + salt * 0xD1B54A32D192ED03) & _MASK
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & _MASK
    return x ^ (x >> 31)


def _ascii(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.lower().replace("œ", "oe"))
    return "".join(letter for letter in plain if letter.isascii() and letter.isalnum())


def _phone(number: int) -> str:
    """One customer in three leaves a number; no two share one."""
    prefix, rest = divmod(number // 3, 10_000)
    if number % 3 or prefix >= len(_FICTION):
        return ""
    return f"+33{_FICTION[prefix]}{rest:04d}"


def is_unusual(number: Any) -> Any:
    """Whether a person bears one of the names that break readers; also works on arrays."""
    return number % _EVERY_SPECIAL == 7


@lru_cache(maxsize=1_024)
def identity(number: int, country: int) -> Identity:
    """The appearance of person `number`; the same number always gives the same person."""
    first = _FIRST[_scatter(number, 1) % len(_FIRST)]
    last = _LAST[_scatter(number, 2) % len(_LAST)]
    name = f"{first} {last}"
    if is_unusual(number):
        name = _SPECIAL[number // _EVERY_SPECIAL % len(_SPECIAL)]
    cities = _CITIES[country]
    postcode, city = cities[_scatter(number, 4) % len(cities)]
    return Identity(
        name=name,
        email=f"{_ascii(first)}.{_ascii(last)}.{number}@{_DOMAINS[_scatter(number, 3) % 4]}",
        street=f"{1 + _scatter(number, 5) % 140} {_STREETS[_scatter(number, 6) % len(_STREETS)]}",
        postcode=postcode,
        city=city,
        phone=_phone(number) if country == 0 else "",
    )
