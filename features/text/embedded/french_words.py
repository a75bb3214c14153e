"""The French lexicon."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

VOWELS = tuple("aàâeéèêiîoôuyhAEÉIOUœŒ")
"""Sounds before which `le` and its like lose their vowel; every h of this lexicon is mute."""


class Noun(NamedTuple):
    """A noun with its plural."""

    singular: str
    plural: str
    feminine: bool


class Adjective(NamedTuple):
    """Its forms; the feminine plural adds an s."""

    masculine: str
    feminine: str
    plural: str
    before_vowel: str | None = None


@dataclass(frozen=True)
class Verb:
    """A verb that takes `avoir`."""

    infinitive: str
    present: tuple[str, ...]
    participle: str
    future: str
    """Stem."""


def _m(singular: str, plural: str | None = None) -> Noun:
    return Noun(singular, plural or f"{singular}s", feminine=False)


def _f(singular: str, plural: str | None = None) -> Noun:
    return Noun(singular, plural or f"{singular}s", feminine=True)


def _er(infinitive: str, accented: str | None = None, ge: bool = False) -> Verb:
    """A verb in -er; `accented` is the stem where the ending is mute."""
    stem = infinitive.removesuffix("er")
    mute = accented or stem
    we = f"{stem}eons" if ge else f"{stem}ons"
    present = (f"{mute}e", f"{mute}es", f"{mute}e", we, f"{stem}ez", f"{mute}ent")
    return Verb(infinitive, present, f"{stem}é", f"{mute}er")


def _irregular(infinitive: str, present: str, participle: str, future: str) -> Verb:
    return Verb(infinitive, tuple(present.split()), participle, future)


NOUNS = {
    "mother": _f("mère"),
    "father": _m("père"),
    "grandmother": _f("grand-mère", "grands-mères"),
    "grandfather": _m("grand-père", "grands-pères"),
    "older brother": _m("grand frère", "grands frères"),
    "younger sister": _f("petite sœur", "petites sœurs"),
    "teacher": _m("professeur"),
    "doctor": _m("médecin"),
    "student": _m("étudiant"),
    "child": _m("enfant"),
    "girl": _f("fille"),
    "boy": _m("garçon"),
    "woman": _f("femme"),
    "man": _m("homme"),
    "apple": _f("pomme"),
    "orange": _f("orange"),
    "egg": _m("œuf"),
    "cake": _m("gâteau", "gâteaux"),
    "bread": _m("pain"),
    "cheese": _m("fromage"),
    "rice": _m("riz", "riz"),
    "soup": _f("soupe"),
    "fish": _m("poisson"),
    "meat": _f("viande"),
    "water": _f("eau", "eaux"),
    "coffee": _m("café"),
    "tea": _m("thé"),
    "milk": _m("lait"),
    "wine": _m("vin"),
    "music": _f("musique"),
    "book": _m("livre"),
    "letter": _f("lettre"),
    "newspaper": _m("journal", "journaux"),
    "poem": _m("poème"),
    "story": _f("histoire"),
    "film": _m("film"),
    "song": _f("chanson"),
    "bag": _m("sac"),
    "box": _f("boîte"),
    "umbrella": _m("parapluie"),
    "chair": _f("chaise"),
    "key": _f("clé"),
    "watch": _f("montre"),
    "hat": _m("chapeau", "chapeaux"),
    "car": _f("voiture"),
    "bicycle": _m("vélo"),
    "painting": _m("tableau", "tableaux"),
    "lamp": _f("lampe"),
    "shirt": _f("chemise"),
    "house": _f("maison"),
    "door": _f("porte"),
    "window": _f("fenêtre"),
    "room": _f("chambre"),
    "kitchen": _f("cuisine"),
    "tree": _m("arbre"),
    "bus": _m("bus", "bus"),
    "cat": _m("chat"),
    "dog": _m("chien"),
    "bird": _m("oiseau", "oiseaux"),
    "horse": _m("cheval", "chevaux"),
    "rabbit": _m("lapin"),
}

ADJECTIVES = {
    "red": Adjective("rouge", "rouge", "rouges"),
    "blue": Adjective("bleu", "bleue", "bleus"),
    "white": Adjective("blanc", "blanche", "blancs"),
    "black": Adjective("noir", "noire", "noirs"),
    "big": Adjective("grand", "grande", "grands"),
    "small": Adjective("petit", "petite", "petits"),
    "new": Adjective("nouveau", "nouvelle", "nouveaux", "nouvel"),
    "new (said of a thing)": Adjective("neuf", "neuve", "neufs"),
    "old": Adjective("vieux", "vieille", "vieux", "vieil"),
    "beautiful": Adjective("beau", "belle", "beaux", "bel"),
    "expensive": Adjective("cher", "chère", "chers"),
    "heavy": Adjective("lourd", "lourde", "lourds"),
    "interesting": Adjective("intéressant", "intéressante", "intéressants"),
    "long": Adjective("long", "longue", "longs"),
    "delicious": Adjective("délicieux", "délicieuse", "délicieux"),
    "hot": Adjective("chaud", "chaude", "chauds"),
    "cold": Adjective("froid", "froide", "froids"),
    "fresh": Adjective("frais", "fraîche", "frais"),
    "young": Adjective("jeune", "jeune", "jeunes"),
    "kind": Adjective("gentil", "gentille", "gentils"),
    "famous": Adjective("célèbre", "célèbre", "célèbres"),
    "tired": Adjective("fatigué", "fatiguée", "fatigués"),
    "happy": Adjective("heureux", "heureuse", "heureux"),
    "ill": Adjective("malade", "malade", "malades"),
    "busy": Adjective("occupé", "occupée", "occupés"),
    "tall": Adjective("grand", "grande", "grands"),
}
BEFORE = {"big", "small", "new", "old", "beautiful", "long", "young", "kind"}
"""Adjectives in front of their noun."""

VERBS = {
    "eat": _er("manger", ge=True),
    "drink": _irregular("boire", "bois bois boit buvons buvez boivent", "bu", "boir"),
    "buy": _er("acheter", "achèt"),
    "sell": _irregular("vendre", "vends vends vend vendons vendez vendent", "vendu", "vendr"),
    "read": _irregular("lire", "lis lis lit lisons lisez lisent", "lu", "lir"),
    "write": _irregular("écrire", "écris écris écrit écrivons écrivez écrivent", "écrit", "écrir"),
    "see": _irregular("voir", "vois vois voit voyons voyez voient", "vu", "verr"),
    "watch": _er("regarder"),
    "look for": _er("chercher"),
    "find": _er("trouver"),
    "open": _irregular("ouvrir", "ouvre ouvres ouvre ouvrons ouvrez ouvrent", "ouvert", "ouvrir"),
    "close": _er("fermer"),
    "wash": _er("laver"),
    "draw": _er("dessiner"),
    "make": _irregular("faire", "fais fais fait faisons faites font", "fait", "fer"),
    "carry": _er("porter"),
    "lose": _irregular("perdre", "perds perds perd perdons perdez perdent", "perdu", "perdr"),
    "help": _er("aider"),
    "wait for": _irregular(
        "attendre", "attends attends attend attendons attendez attendent", "attendu", "attendr"
    ),
    "listen to": _er("écouter"),
    "sing": _er("chanter"),
    "clean": _er("nettoyer", "nettoi"),
    "like": _er("aimer"),
    "have": _irregular("avoir", "ai as a avons avez ont", "eu", "aur"),
    "sleep": _irregular("dormir", "dors dors dort dormons dormez dorment", "dormi", "dormir"),
    "work": _er("travailler"),
    "run": _irregular("courir", "cours cours court courons courez courent", "couru", "courr"),
    "swim": _er("nager", ge=True),
    "dance": _er("danser"),
    "go": _irregular("aller", "vais vas va allons allez vont", "allé", "ir"),
}
AVOIR = VERBS["have"].present
ALLER = VERBS["go"].present
ETRE = ("suis", "es", "est", "sommes", "êtes", "sont")
ETAIT = ("étais", "étais", "était", "étions", "étiez", "étaient")
MODALS = {
    "want": ("veux", "veux", "veut", "voulons", "voulez", "veulent"),
    "can": ("peux", "peux", "peut", "pouvons", "pouvez", "peuvent"),
    "must": ("dois", "dois", "doit", "devons", "devez", "doivent"),
}

PRONOUNS = {
    "I": "je",
    "you": "tu",
    "he": "il",
    "she": "elle",
    "we": "nous",
    "they": "ils",
    "they (f)": "elles",
}
NAMES = {
    "Tom": "Tom",
    "Paul": "Paul",
    "Louis": "Louis",
    "Mary": "Marie",
    "Anna": "Anna",
    "Julia": "Julia",
}
FEMININE_NAMES = {"Mary", "Anna", "Julia", "she", "they (f)"}
MY = {
    "I": ("mon", "ma", "mes"),
    "you": ("ton", "ta", "tes"),
    "he": ("son", "sa", "ses"),
    "she": ("son", "sa", "ses"),
    "we": ("notre", "notre", "nos"),
    "they": ("leur", "leur", "leurs"),
}
"""Before a masculine noun or a vowel, before a feminine one, before a plural."""

TIMES = {
    "every day": "tous les jours",
    "every morning": "tous les matins",
    "on Sundays": "le dimanche",
    "now": "maintenant",
    "yesterday": "hier",
    "this morning": "ce matin",
    "last week": "la semaine dernière",
    "tomorrow": "demain",
    "this evening": "ce soir",
    "next week": "la semaine prochaine",
}
AT = {
    "garden": "dans le jardin",
    "kitchen": "dans la cuisine",
    "park": "dans le parc",
    "school": "à l'école",
    "station": "à la gare",
    "market": "au marché",
    "library": "à la bibliothèque",
    "hotel": "à l'hôtel",
    "hospital": "à l'hôpital",
    "office": "au bureau",
    "beach": "sur la plage",
    "restaurant": "au restaurant",
}
TO = AT | {
    "garden": "au jardin",
    "kitchen": "à la cuisine",
    "park": "au parc",
    "beach": "à la plage",
}
