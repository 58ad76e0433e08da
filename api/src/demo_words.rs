//! What people write in the demo, in French: drawn from these, so that the same seed says the same.
//!
//! Owns the words alone. Who says them, and when: `demo_ideas.rs`, `demo_workshops.rs`,
//! `demo_merging.rs` and `demo_instruction.rs`.

use commands::Entropy;

const WHAT: [&str; 16] = [
    "Végétaliser",
    "Rénover",
    "Aménager",
    "Ouvrir aux familles",
    "Rendre accessible",
    "Embellir",
    "Rafraîchir",
    "Mieux éclairer",
    "Apaiser",
    "Équiper",
    "Remettre en eau",
    "Créer un jardin près de",
    "Planter des arbres devant",
    "Installer des bancs à",
    "Donner vie à",
    "Protéger",
];

/// Places of the city: what a title is about.
const WHERE: [&str; 20] = [
    "la place du Marché",
    "l’école des Tilleuls",
    "la cour du collège",
    "le square des Lavandières",
    "la halle aux Grains",
    "le gymnase Jean-Bouin",
    "la rue des Potiers",
    "le quai des Bateliers",
    "la bibliothèque du canal",
    "la fontaine ronde",
    "le parvis de la gare",
    "l’allée des Platanes",
    "le terrain des Acacias",
    "la maison des associations",
    "le passage du Théâtre",
    "la crèche des Coteaux",
    "le pont de l’Écluse",
    "la piscine municipale",
    "le kiosque à musique",
    "l’esplanade du Moulin",
];

const WHY: [&str; 6] = [
    "Le lieu est très fréquenté et souffre de la chaleur en été.",
    "Les habitants le demandent depuis plusieurs années.",
    "Les enfants du quartier manquent d’endroits où jouer.",
    "Il est difficile d’y passer avec une poussette ou un fauteuil.",
    "C’est un lieu de rencontre auquel tout le quartier tient.",
    "Quelques travaux simples changeraient la vie de tous les jours.",
];

const FIRST_NAMES: [&str; 24] = [
    "Camille",
    "Inès",
    "Mamadou",
    "Jeanne",
    "Karim",
    "Louise",
    "Paul",
    "Aïcha",
    "Marguerite",
    "Thibault",
    "Nadia",
    "Yves",
    "Léa",
    "Mehdi",
    "Odile",
    "Hugo",
    "Fatou",
    "Simon",
    "Claire",
    "Duc",
    "Agathe",
    "Rachid",
    "Solène",
    "Bruno",
];

/// Associations, in the order of [`COUNCILS`] and [`COLLECTIVES`]: one list per kind of depositor.
pub(crate) const ASSOCIATIONS: [&str; 10] = [
    "Les Jardins de la Baume",
    "Roue libre",
    "Les Amis du canal",
    "Sport pour tous",
    "La Ressourcerie du pont",
    "Parents du collège",
    "Un arbre, une rue",
    "Les Conteurs de la halle",
    "Accès partout",
    "Le Potager des voisins",
];

pub(crate) const COUNCILS: [&str; 6] = [
    "Conseil de quartier Saint-Éloi",
    "Conseil de quartier des Coteaux",
    "Conseil de quartier de l’Écluse",
    "Conseil de quartier de la gare",
    "Conseil de quartier du Moulin",
    "Conseil de quartier des Tilleuls",
];

pub(crate) const COLLECTIVES: [&str; 6] = [
    "Collectif Rue aux enfants",
    "Collectif des riverains du quai",
    "Collectif Place aux piétons",
    "Collectif Fraîcheur",
    "Collectif des commerçants de la halle",
    "Collectif Graines de trottoir",
];

const STREETS: [&str; 8] = [
    "rue des Potiers",
    "rue de l’Écluse",
    "avenue de la Gare",
    "quai des Bateliers",
    "rue Neuve",
    "boulevard du Moulin",
    "rue des Lavandières",
    "chemin des Coteaux",
];

const COMMENTS: [&str; 12] = [
    "Très bonne idée : j’y passe tous les jours avec mes enfants.",
    "Je soutiens, à condition de garder les places de livraison.",
    "Avez-vous pensé à l’arrosage en été ? Sans entretien, rien ne tiendra.",
    "Les travaux de l’an dernier ont déjà coûté cher : peut-on faire plus simple ?",
    "Une proposition voisine a été déposée la semaine dernière. Pourquoi ne pas les réunir ?",
    "Il faudrait aussi un banc à l’ombre pour les personnes âgées.",
    "Notre association est prête à participer à l’entretien.",
    "Et pour les personnes en fauteuil ? Le trottoir est trop étroit à cet endroit.",
    "Cela fait dix ans que nous le demandons : merci de l’avoir proposé.",
    "Attention au bruit le soir, des chambres donnent sur la rue.",
    "Je préférerais des arbres fruitiers : tout le monde pourrait cueillir.",
    "Un point d’eau serait utile aux promeneurs comme aux jardiniers.",
];

const REPLIES: [&str; 6] = [
    "C’est juste, nous l’ajouterons à la proposition.",
    "Merci ! Venez en parler à l’atelier.",
    "Je ne suis pas d’accord : la rue est déjà bien éclairée.",
    "Nous y avons pensé : le projet prévoit un accès de plain-pied.",
    "Bonne question, je me renseigne.",
    "D’accord, à condition que les riverains soient consultés.",
];

const OFFICIAL: [&str; 5] = [
    "La ville vous remercie. Cette proposition sera examinée par les directions compétentes après le dépôt.",
    "Le terrain appartient bien à la ville : la proposition peut suivre son cours.",
    "Un aménagement est déjà programmé à cet endroit : nous vous proposons d’en discuter en atelier.",
    "L’estimation dépasse sans doute ce qui est indiqué ; les directions la préciseront.",
    "Plusieurs propositions portent sur ce lieu : un atelier les réunira.",
];

const REPORTS: [&str; 4] = [
    "C’est une annonce commerciale.",
    "Ce message s’en prend à une personne.",
    "Cela n’a rien à voir avec le budget participatif.",
    "Ce texte a été copié plusieurs fois.",
];

const REMOVALS: [&str; 3] = [
    "Publicité : contraire à l’article 4 de la charte.",
    "Propos visant une personne : contraire à l’article 2 de la charte.",
    "Sans rapport avec le budget participatif.",
];

/// Draws one of these.
pub(crate) fn pick<'a, T>(entropy: &Entropy, from: &'a [T]) -> Option<&'a T> {
    let length = u64::try_from(from.len()).ok()?;
    from.get(usize::try_from(entropy.below(length)).ok()?)
}

fn word(entropy: &Entropy, from: &[&'static str]) -> &'static str {
    pick(entropy, from).copied().unwrap_or_default()
}

/// A title within the form's limits.
pub(crate) fn title(entropy: &Entropy) -> String {
    let title = format!("{} {}", word(entropy, &WHAT), word(entropy, &WHERE));
    title.replace(" à le ", " au ").replace(" de le ", " du ")
}

/// A description within the form's limits.
pub(crate) fn description(entropy: &Entropy, title: &str) -> String {
    let (why, how) = (word(entropy, &WHY), word(entropy, &WHY));
    format!(
        "{title} : voilà ce que nous proposons. {why} {how} Nous souhaitons un projet simple, sobre et durable, construit avec les riverains."
    )
}

/// The name under which somebody writes: `Camille R.`
pub(crate) fn name(entropy: &Entropy) -> String {
    let initial = char::from(b'A' + u8::try_from(entropy.below(26)).unwrap_or(0));
    format!("{} {initial}.", word(entropy, &FIRST_NAMES))
}

/// A number and a street.
pub(crate) fn address(entropy: &Entropy) -> String {
    format!("{}, {}", 1 + entropy.below(120), word(entropy, &STREETS))
}

/// What somebody thinks of a proposal.
pub(crate) fn comment(entropy: &Entropy) -> String {
    word(entropy, &COMMENTS).to_owned()
}

/// An answer to that.
pub(crate) fn reply(entropy: &Entropy) -> String {
    word(entropy, &REPLIES).to_owned()
}

/// What the city answers.
pub(crate) fn official(entropy: &Entropy) -> String {
    word(entropy, &OFFICIAL).to_owned()
}

/// Why somebody reports a text.
pub(crate) fn report(entropy: &Entropy) -> String {
    word(entropy, &REPORTS).to_owned()
}

/// Why a moderator removes it.
pub(crate) fn removal(entropy: &Entropy) -> String {
    word(entropy, &REMOVALS).to_owned()
}
