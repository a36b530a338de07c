"""Names, streets and places of invented people: common French ones, and made-up rarer ones.

The frequent names come first and are drawn more often; family names and villages that are put
together from pieces make the long tail that every real file has.
"""

FIRST = (
    "Camille", "Léa", "Manon", "Chloé", "Inès", "Jade", "Louise", "Zoé", "Élise", "Margaux",
    "Anaïs", "Clémence", "Noémie", "Agathe", "Hélène", "Sylvie", "Françoise", "Nathalie",
    "Isabelle", "Amina", "Fatou", "Yasmine", "Mai", "Sofia", "Lucas", "Hugo", "Louis", "Jules",
    "Gabriel", "Arthur", "Adrien", "Maël", "Noé", "Théo", "Rémi", "François", "Benoît",
    "Jérôme", "Pierre-Yves", "Karim", "Mamadou", "Olivier", "Philippe", "Gaël",
    "Marie", "Julie", "Sophie", "Céline", "Catherine", "Christine", "Martine", "Monique",
    "Nicole", "Valérie", "Sandrine", "Stéphanie", "Aurélie", "Émilie", "Laetitia", "Virginie",
    "Véronique", "Patricia", "Corinne", "Brigitte", "Delphine", "Caroline", "Claire", "Alice",
    "Emma", "Sarah", "Laura", "Mathilde", "Pauline", "Marion", "Justine", "Lucie", "Charlotte",
    "Juliette", "Ambre", "Rose", "Anna", "Mila", "Lina", "Eva", "Romane", "Apolline", "Capucine",
    "Solène", "Maëlys", "Gwenaëlle", "Ludivine", "Bénédicte", "Odile", "Ghislaine", "Marguerite",
    "Nadia", "Samira", "Leïla", "Aïcha", "Fatima", "Aminata", "Linh", "Ana", "Maria", "Anne-Sophie",
    "Marie-Claire", "Jean", "Michel", "Alain", "Patrick", "Nicolas", "Christophe", "David",
    "Laurent", "Frédéric", "Éric", "Stéphane", "Pascal", "Thierry", "Daniel", "Bernard",
    "Christian", "Bruno", "Sébastien", "Vincent", "Julien", "Thomas", "Alexandre", "Antoine",
    "Maxime", "Guillaume", "Mathieu", "Romain", "Kevin", "Anthony", "Florian", "Quentin",
    "Clément", "Valentin", "Paul", "Léo", "Raphaël", "Ethan", "Nathan", "Sacha", "Tom", "Axel",
    "Robin", "Baptiste", "Corentin", "Loïc", "Yann", "Erwan", "Mickaël", "Cédric", "Fabrice",
    "Hervé", "Gérard", "Jacques", "Mohamed", "Rachid", "Youssef", "Ibrahima", "Moussa", "Tuan",
    "José", "Manuel", "Jean-Luc", "Jean-Pierre", "Jean-Marc", "Marc-Antoine",
)  # fmt: skip
#: What friends and loyalty cards call some of them.
NICKNAMES = {
    "Alexandre": "Alex", "Stéphanie": "Steph", "Nicolas": "Nico", "Frédéric": "Fred",
    "Christophe": "Chris", "Sébastien": "Seb", "Thomas": "Tom", "Maxime": "Max",
    "Mathilde": "Mathou", "Valérie": "Val", "Isabelle": "Isa", "Catherine": "Cathy",
    "Nathalie": "Nath", "Caroline": "Caro", "Véronique": "Véro", "Sandrine": "Sandie",
    "Benoît": "Ben", "Guillaume": "Guy", "Vincent": "Vince", "Gabriel": "Gaby", "Camille": "Cam",
    "Élise": "Lise", "Margaux": "Margot", "Antoine": "Tonio", "Philippe": "Phil",
}  # fmt: skip
LAST = (
    "Martin", "Bernard", "Thomas", "Petit", "Robert", "Richard", "Durand", "Dubois", "Moreau",
    "Laurent", "Simon", "Michel", "Lefèvre", "Leroy", "Roux", "David", "Bertrand", "Morel",
    "Fournier", "Girard", "Bonnet", "Dupont", "Lambert", "Fontaine", "Rousseau", "Vincent",
    "Müller", "Faure", "André", "Mercier", "Blanc", "Guérin", "Boyer", "Garnier", "Chevalier",
    "François", "Legrand", "Gauthier", "Garcia", "Perrin", "Le Gall", "N’Diaye", "Nguyễn",
    "Benali", "D’Angelo", "Hervé", "Colin", "Besançon", "Œuvrard", "Lacroix-Peeters",
    "Robin", "Clément", "Morin", "Nicolas", "Henry", "Roussel", "Mathieu", "Gautier", "Masson",
    "Marchand", "Duval", "Denis", "Dumont", "Marie", "Lemaire", "Noël", "Meyer", "Dufour",
    "Meunier", "Brun", "Blanchard", "Giraud", "Joly", "Rivière", "Lucas", "Brunet", "Gaillard",
    "Barbier", "Arnaud", "Martinez", "Gérard", "Roche", "Renard", "Schmitt", "Roy", "Leroux",
    "Colas", "Vidal", "Caron", "Picard", "Roger", "Fabre", "Aubert", "Lemoine", "Renaud", "Dumas",
    "Lacroix", "Olivier", "Philippe", "Bourgeois", "Pierre", "Benoît", "Rey", "Leclerc", "Payet",
    "Rolland", "Leclercq", "Guillaume", "Lecomte", "Lopez", "Jean", "Dupuy", "Guillot", "Hubert",
    "Berger", "Carpentier", "Sanchez", "Dupuis", "Moulin", "Louis", "Deschamps", "Huet", "Vasseur",
    "Perez", "Boucher", "Fleury", "Royer", "Klein", "Jacquet", "Adam", "Paris", "Poirier", "Marty",
    "Aubry", "Guyot", "Carré", "Charles", "Renault", "Charpentier", "Ménard", "Maillard", "Baron",
    "Bertin", "Bailly", "Hamon", "Schneider", "Fernandez", "Le Goff", "Collet", "Léger", "Bouvier",
    "Julien", "Prévost", "Millet", "Perrot", "Daniel", "Cousin", "Germain", "Breton", "Besson",
    "Langlois", "Rémy", "Le Roux", "Haddad", "Traoré", "Diallo", "Cissé", "Da Silva", "Ferreira",
    "Pham", "Tran", "Kowalski", "Rossi", "Peeters", "Janssens", "El Amrani", "Bensaïd", "Cohen",
)  # fmt: skip
#: Pieces of the rarer family names.
LAST_STARTS = (
    "Beau", "Bel", "Bois", "Bour", "Bre", "Cas", "Chante", "Char", "Chau", "Cler", "Cour", "Cra",
    "Dau", "Des", "Dor", "Es", "Fau", "Fon", "Gar", "Gi", "Gran", "Gué", "Haute", "Joli", "La",
    "Lan", "Lar", "Mal", "Mar", "Mon", "Mor", "Nou", "Per", "Pla", "Pré", "Ri", "Ro", "San",
    "Tar", "Val", "Ver", "Vil",
)  # fmt: skip
LAST_ENDS = (
    "bert", "blet", "bonne", "chard", "chaud", "clair", "court", "dinel", "drieux", "fort",
    "gand", "geard", "goulin", "grange", "lain", "lemand", "let", "lier", "mier", "mont", "nard",
    "nelle", "pin", "quet", "rand", "rault", "reau", "ric", "rier", "rol", "ron", "sard", "son",
    "tagne", "taing", "teau", "thier", "val", "velle", "vigne", "ville", "vois",
)  # fmt: skip
LAST_MIDDLES = (
    "", "", "", "be", "che", "do", "fe", "la", "li", "ma", "me", "ni", "ra", "ro", "se", "ti",
)  # fmt: skip
#: Names that break careless readers: emoji, right-to-left scripts, commas, quotes.
SPECIAL = (
    "Zoé 🌸 Lefèvre",
    "محمد الأمين",
    "נועה כהן",
    "Chloé 👩‍🌾 Martin",
    "O’Brien-Núñez, Aoife",
    'Jean "Jeannot" Dupont',
    "李 小龍",
)
DOMAINS = ("courriel.example", "boite.example", "poste.example", "messagerie.example")
STREETS = (
    "rue de la République", "avenue Jean Jaurès", "rue Victor Hugo", "place de l’Église",
    "chemin des Vignes", "boulevard Voltaire", "rue des Écoles", "impasse du Moulin",
    "rue du Général Leclerc", "allée des Tilleuls", "quai des Brumes", "rue Saint-Exupéry",
    "rue Pasteur", "rue de la Gare", "rue du Stade", "route de Paris", "rue des Lilas",
    "avenue de la Libération", "rue Jules Ferry", "rue des Acacias", "chemin de la Fontaine",
    "rue de Verdun", "place du Marché", "rue Émile Zola", "rue des Rosiers", "cours Gambetta",
    "rue du Château", "allée des Cerisiers", "rue Anatole France", "rue du 8 Mai 1945",
    "boulevard de Strasbourg", "rue des Jardins", "sentier du Lavoir", "rue Molière",
    "rue Haute", "rue Basse", "passage du Commerce", "rue George Sand", "rue des Merles",
    "montée des Soldats",
)  # fmt: skip
CITIES: dict[int, tuple[tuple[str, str], ...]] = {
    0: (
        ("75008", "Paris"), ("75011", "Paris"), ("75018", "Paris"), ("69003", "Lyon"),
        ("13006", "Marseille"), ("31000", "Toulouse"), ("06000", "Nice"), ("44000", "Nantes"),
        ("67000", "Strasbourg"), ("34000", "Montpellier"), ("33000", "Bordeaux"),
        ("59800", "Lille"), ("35000", "Rennes"), ("51100", "Reims"), ("38000", "Grenoble"),
        ("01000", "Bourg-en-Bresse"), ("21000", "Dijon"), ("49000", "Angers"),
        ("29200", "Brest"), ("02100", "Saint-Quentin"), ("64100", "Bayonne"),
        ("97400", "Saint-Denis"), ("20000", "Ajaccio"), ("76600", "Le Havre"),
        ("75015", "Paris"), ("75020", "Paris"), ("69007", "Lyon"), ("13008", "Marseille"),
        ("42000", "Saint-Étienne"), ("37000", "Tours"), ("80000", "Amiens"), ("57000", "Metz"),
        ("25000", "Besançon"), ("45000", "Orléans"), ("68100", "Mulhouse"), ("14000", "Caen"),
        ("54000", "Nancy"), ("86000", "Poitiers"), ("17000", "La Rochelle"), ("30000", "Nîmes"),
    ),
    1: (("1000", "Bruxelles"), ("4000", "Liège"), ("5000", "Namur"), ("9000", "Gent")),
    2: (("L-1111", "Luxembourg"), ("L-4001", "Esch-sur-Alzette")),
    3: (("66111", "Saarbrücken"), ("77652", "Offenburg")),
}  # fmt: skip
#: Pieces of villages: two French customers in three live outside the large towns.
VILLAGE_STARTS = (
    "Saint-Aubin", "Saint-Clair", "Sainte-Colombe", "Saint-Léger", "Villeneuve", "Châteauneuf",
    "Beaumont", "Montreuil", "La Chapelle", "Le Bourg", "Fontenay", "Neuville", "Saint-Rémy",
    "Sainte-Marie", "Pont", "Roquefort", "Saint-Hilaire", "Moulins", "Champagne", "Vaux",
)  # fmt: skip
VILLAGE_ENDS = (
    "sur-Loire", "les-Bains", "en-Plaine", "sous-Bois", "le-Vieux", "la-Forêt", "sur-Orne",
    "du-Lac", "aux-Vignes", "les-Mines", "sur-Mer", "le-Château",
)  # fmt: skip
COMPANIES = ("atelier", "cabinet", "groupe", "studio", "conseil", "agence", "clinique", "lycee")
