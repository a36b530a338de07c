"""What the simulated shop sells: six categories, eighty products, prices and unit costs.

Prices are in cents, tax included; unit costs in cents, tax excluded. Inside a category the
products stand from the cheapest to the dearest, which is what `pick` relies on.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

VENDOR = "Maison Pérenne"


@dataclass(frozen=True, slots=True)
class Category:
    """A product type: its SKU prefix, popularity, cost as a share of the price without tax,
    and the chance that a sold line is sent back."""

    prefix: str
    label: str
    popularity: float
    cost_share: float
    return_rate: float
    items: tuple[tuple[str, float], ...]


CATEGORIES = (
    Category(
        "THE",
        "Thés & infusions",
        0.24,
        0.28,
        0.008,
        (
            ("Infusion verveine bio", 8.90),
            ("Infusion camomille & miel", 8.90),
            ("Thé vert sencha", 9.90),
            ("Thé noir Earl Grey", 9.90),
            ("Thé vert jasmin", 10.90),
            ("Rooibos vanille", 10.90),
            ("Thé noir des vergers", 11.50),
            ("Thé blanc pivoine", 13.90),
            ("Thé oolong grillé", 14.90),
            ("Matcha de cérémonie", 24.90),
            ("Coffret découverte 12 thés", 29.90),
            ("Coffret grands crus", 45.00),
            ("Calendrier de l’Avent des thés", 49.00),
            ("Abonnement cadeau « Tour du monde »", 69.00),
        ),
    ),
    Category(
        "VIS",
        "Soins du visage",
        0.22,
        0.22,
        0.025,
        (
            ("Baume à lèvres calendula", 6.90),
            ("Eau florale de rose", 12.90),
            ("Masque à l’argile verte", 14.50),
            ("Gommage doux abricot", 16.90),
            ("Huile démaquillante", 19.90),
            ("Crème de jour hydratante", 24.90),
            ("Contour des yeux bleuet", 26.00),
            ("Sérum éclat vitamine C", 32.00),
            ("Crème de nuit nourrissante", 34.90),
            ("Huile de beauté précieuse", 39.00),
            ("Sérum fermeté", 46.00),
            ("Rituel visage complet", 79.00),
            ("Coffret prestige visage", 119.00),
        ),
    ),
    Category(
        "BAI",
        "Corps & bain",
        0.19,
        0.30,
        0.015,
        (
            ("Savon surgras lavande", 5.50),
            ("Savon d’Alep", 6.90),
            ("Gel douche fleur d’oranger", 9.90),
            ("Shampoing solide ortie", 11.90),
            ("Crème mains karité", 12.50),
            ("Sel de bain relaxant", 13.90),
            ("Déodorant solide", 14.00),
            ("Lait corps amande", 18.90),
            ("Huile de massage", 21.00),
            ("Baume corps réparateur", 24.50),
            ("Brosse de bain en hêtre", 27.00),
            ("Coffret bain du soir", 42.00),
            ("Peignoir en nid d’abeille", 75.00),
        ),
    ),
    Category(
        "SEN",
        "Bougies & senteurs",
        0.16,
        0.34,
        0.03,
        (
            ("Bougie chauffe-plat miel (x12)", 9.50),
            ("Encens bois de cèdre", 11.00),
            ("Brume d’oreiller", 14.90),
            ("Bougie figuier 120 g", 19.90),
            ("Bougie vanille noire 120 g", 19.90),
            ("Bougie feu de bois 180 g", 26.00),
            ("Parfum d’intérieur thé blanc", 28.00),
            ("Bougie fleur de coton 220 g", 34.00),
            ("Diffuseur à bâtons", 36.00),
            ("Diffuseur électrique", 49.90),
            ("Bougie cinq mèches", 59.00),
            ("Coffret bougies d’hiver", 65.00),
            ("Lampe catalytique", 89.00),
        ),
    ),
    Category(
        "LIN",
        "Linge de maison",
        0.10,
        0.45,
        0.11,
        (
            ("Torchon en lin lavé", 12.90),
            ("Lot de 4 serviettes de table", 24.00),
            ("Serviette de bain bio", 22.90),
            ("Taie d’oreiller en lin", 29.00),
            ("Tablier de cuisine", 34.00),
            ("Chemin de table", 38.00),
            ("Nappe en lin 170 × 250", 79.00),
            ("Plaid en laine", 89.00),
            ("Housse de couette percale", 99.00),
            ("Drap housse en lin", 109.00),
            ("Housse de couette en lin", 159.00),
            ("Boutis piqué main", 189.00),
            ("Parure de lit complète", 249.00),
        ),
    ),
    Category(
        "TAB",
        "Arts de la table",
        0.09,
        0.40,
        0.055,
        (
            ("Cuillère à thé boule", 7.50),
            ("Dessous-de-plat en liège", 12.00),
            ("Mug en grès", 16.00),
            ("Bol à matcha", 22.00),
            ("Fouet à matcha en bambou", 18.50),
            ("Tasse et soucoupe", 19.90),
            ("Boîte à thé en fer", 15.90),
            ("Théière en verre", 34.90),
            ("Lot de 4 assiettes à dessert", 44.00),
            ("Théière en fonte", 64.00),
            ("Plateau en noyer", 69.00),
            ("Service à thé six tasses", 119.00),
            ("Bouilloire à température", 129.00),
            ("Ménagère 24 pièces", 199.00),
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Product:
    """One variant. `cost` is None when the shop does not know it (gift cards)."""

    sku: str
    title: str
    category: str
    price: int
    cost: int | None
    return_rate: float
    taxable: bool = True


def _cents(price: float) -> int:
    return round(price * 100)


def _products_of(category: Category) -> list[Product]:
    items = sorted(category.items, key=lambda item: item[1])
    return [
        Product(
            sku=f"{category.prefix}-{position:03d}",
            title=title,
            category=category.label,
            price=_cents(price),
            # Costs differ from product to product around the share of their category.
            cost=round(_cents(price) / 1.2 * category.cost_share * (0.85 + 0.05 * (position % 7))),
            return_rate=category.return_rate,
        )
        for position, (title, price) in enumerate(items, start=1)
    ]


_GOODS = [product for category in CATEGORIES for product in _products_of(category)]
SAMPLE = len(_GOODS)
GIFT_CARDS = (SAMPLE + 1, SAMPLE + 2, SAMPLE + 3)

PRODUCTS: tuple[Product, ...] = (
    *_GOODS,
    Product("ECH-001", "Échantillon offert 🎁", "Échantillons", 0, 0, 0.0),
    Product("CADEAU-25", "Carte cadeau 25 €", "Carte cadeau", 2500, None, 0.0, taxable=False),
    Product("CADEAU-50", "Carte cadeau 50 €", "Carte cadeau", 5000, None, 0.0, taxable=False),
    Product("CADEAU-100", "Carte cadeau 100 €", "Carte cadeau", 10000, None, 0.0, taxable=False),
)

PRICE = np.array([product.price for product in PRODUCTS], dtype=np.int64)
COST = np.array([product.cost or 0 for product in PRODUCTS], dtype=np.int64)
RETURN_RATE = np.array([product.return_rate for product in PRODUCTS])
IS_GIFT_CARD = np.array([not product.taxable for product in PRODUCTS])

_SIZES = np.array([len(category.items) for category in CATEGORIES], dtype=np.int64)
_STARTS = np.concatenate([[0], np.cumsum(_SIZES)[:-1]])
_POPULARITY = np.cumsum([category.popularity for category in CATEGORIES])


def popular_category(draw: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """The category at each uniform draw, by popularity."""
    found = np.searchsorted(_POPULARITY / _POPULARITY[-1], draw, side="right")
    return np.minimum(found, len(CATEGORIES) - 1).astype(np.int64)


def pick(
    category: npt.NDArray[np.int64],
    taste: npt.NDArray[np.float64],
    draw: npt.NDArray[np.float64],
) -> npt.NDArray[np.int64]:
    """A product of each category; a higher `taste` leans towards the dearer ones.

    Without taste (0) the cheap half of a category is chosen two times out of three.
    """
    place = draw ** (1.6 * np.exp(-taste))
    offset = np.minimum((place * _SIZES[category]).astype(np.int64), _SIZES[category] - 1)
    chosen: npt.NDArray[np.int64] = _STARTS[category] + offset
    return chosen
