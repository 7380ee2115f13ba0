"""The names that a simulated training company goes by."""

from typing import Final

FIRST_NAMES: Final = (
    *("Adèle", "Alain", "Amina", "Antoine", "Aurélie", "Bastien", "Béatrice", "Camille", "Cédric"),
    *("Chloé", "Claire", "Driss", "Élodie", "Émile", "Fatou", "Florent", "Gaëlle", "Hélène"),
    *("Hugo", "Inès", "Jérôme", "Julie", "Karim", "Laure", "Léo", "Lucie", "Maëlle", "Malik"),
    *("Marion", "Mathis", "Nadia", "Noé", "Océane", "Olivier", "Pauline", "Quentin", "Rachida"),
    *("Rémi", "Sabrina", "Simon", "Solène", "Théo", "Thuy", "Valérie", "Yann", "Zoé"),
)
LAST_NAMES: Final = (
    *("André", "Aubert", "Barbier", "Benali", "Bernard", "Blanc", "Boyer", "Caron", "Chevalier"),
    *("Da Silva", "Delorme", "Diallo", "Dubois", "Dupuis", "Durand", "Fabre", "Faure", "Fontaine"),
    *("Garnier", "Gautier", "Girard", "Guérin", "Haddad", "Henry", "Jacquet", "Lambert", "Lefèvre"),
    *(
        "Legrand",
        "Lemoine",
        "Leroy",
        "Mallet",
        "Marchand",
        "Martin",
        "Mercier",
        "Meunier",
        "Moreau",
    ),
    *("N'Diaye", "Nguyen", "Noël", "Perrin", "Petit", "Rey", "Rivière", "Robert", "Rousseau"),
    *("Roux", "Schmitt", "Traoré", "Vasseur", "Vidal"),
)
EMPLOYERS: Final = (
    *("Transports Belvaux", "Clinique des Tilleuls", "Menuiserie Carnac", "Hôtel du Vieux Port"),
    *("Laboratoire Orvène", "Mutuelle des Vallées", "Garage Pelletan", "Librairie Fauvel", ""),
)
REGIONS: Final = ("Région Nord", "Région Sud", "Région Ouest", "Région Est", "Île-de-France")
CITIES: Final = (
    *(
        "Lille",
        "Lyon",
        "Nantes",
        "Strasbourg",
        "Rennes",
        "Toulouse",
        "Bordeaux",
        "Dijon",
        "Grenoble",
    ),
    *("Amiens", "Marseille", "Tours", "Rouen", "Metz", "Limoges"),
)
PROGRAMS: Final = (
    ("Manager une équipe de proximité", "action de formation"),
    ("Relation client à distance", "action de formation"),
    ("Sécurité au poste de travail", "action de formation"),
    ("Bureautique et données", "apprentissage"),
    ("Faire le point sur son parcours", "bilan de compétences"),
    ("Valider le titre de formateur", "VAE"),
)
COURSES: Final = (
    # five for each program, of which the last is open to all
    *("Prendre son poste de manager", "Conduire un entretien", "Déléguer sans abandonner"),
    *("Désamorcer un conflit", "Gérer son temps"),
    *("Accueillir au téléphone", "Écrire un courriel clair", "Traiter une réclamation"),
    *("Vendre sans forcer", "Parler en public"),
    *("Gestes et postures", "Prévention incendie", "Risque chimique", "Premiers secours"),
    "Bien régler son écran",
    *("Tableur : les bases", "Tableur : tableaux croisés", "Traitement de texte long"),
    *("Protéger les données personnelles", "Déjouer l'hameçonnage"),
    *("Raconter son parcours", "Cartographier ses compétences", "Explorer les métiers"),
    *("Bâtir son projet", "Apprendre à apprendre"),
    *("Rédiger son livret", "Concevoir une séquence", "Animer un groupe"),
    *("Évaluer les acquis", "Lire un référentiel"),
)
MODALITIES: Final = ("distanciel", "mixte", "distanciel", "présentiel")
MONTHS: Final = (
    *("janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre"),
    *("octobre", "novembre", "décembre"),
)


def nth(names: tuple[str, ...], index: int) -> str:
    """Return the name of an index; beyond the last they begin again, numbered."""
    again, place = divmod(index, len(names))
    return f"{names[place]} {again + 1}" if again else names[place]
