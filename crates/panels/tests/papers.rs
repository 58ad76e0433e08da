//! Panels and sheets: the same bytes each time, whole whatever stands on them, and read by other programs.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use panels::{Error, Fact, Format, Language, Panel, Progress, Row, Sheet, Step, site_panel, sites_sheet};
use std::path::{Path, PathBuf};
use std::process::Command;

const ADDRESS: &str = "https://budget.aubeville.example/c/AUBEVILLE-2031/sites/s-0001?utm=%C3%A9t%C3%A9&x=1";

fn fact(name: &str, value: &str) -> Fact {
    Fact { name: name.to_owned(), value: value.to_owned() }
}

fn step(name: &str, note: &str, progress: Progress) -> Step {
    Step { name: name.to_owned(), note: note.to_owned(), progress }
}

fn french() -> Panel {
    Panel {
        language: Language::French,
        city: "Ville d’Aubeville".to_owned(),
        campaign: "Budget participatif 2031".to_owned(),
        title: "Des arbres et de l’ombre pour la place du Marché-aux-Œufs".to_owned(),
        decided: "Décidé par 4\u{202f}213 votants en 2031".to_owned(),
        notice: "En retard de 42 jours : l’entreprise retenue a fait faillite.".to_owned(),
        facts: vec![
            fact("Budget", "1\u{202f}250\u{202f}000,00\u{a0}€"),
            fact("Où en est le chantier", "En travaux"),
            fact("Ouverture prévue", "juin 2033"),
            fact("Direction pilote", "Direction des Espaces verts et de l’Environnement"),
            fact("Réalisé par", "Entreprise Durand ; Pépinières du Val"),
        ],
        steps: vec![
            step("Études", "fait en mars 2032", Progress::Done),
            step("Procédures", "fait en septembre 2032", Progress::Done),
            step("Travaux", "depuis janvier 2033", Progress::Present),
            step("Livraison", "prévu pour juin 2033", Progress::Ahead),
            step("Fin", "à venir", Progress::Ahead),
        ],
        address: ADDRESS.to_owned(),
        caption: "Suivez ce chantier : dates, dépenses, photos".to_owned(),
        footer: "Chaque étape est inscrite dans un journal public que chacun peut vérifier.".to_owned(),
    }
}

fn empty() -> Panel {
    Panel {
        language: Language::English,
        city: String::new(),
        campaign: String::new(),
        title: String::new(),
        decided: String::new(),
        notice: String::new(),
        facts: Vec::new(),
        steps: Vec::new(),
        address: ADDRESS.to_owned(),
        caption: String::new(),
        footer: String::new(),
    }
}

fn overfull() -> Panel {
    let words = "Réaménagement ".repeat(36);
    let one_word = "W".repeat(500);
    Panel {
        title: words.chars().take(500).collect(),
        city: one_word.clone(),
        campaign: one_word.clone(),
        decided: one_word.clone(),
        notice: words.repeat(3),
        facts: (0..9).map(|n| fact(&words, &format!("{n}{one_word}"))).collect(),
        steps: (0..9).map(|n| step(&one_word, &format!("{n} {words}"), Progress::Ahead)).collect(),
        caption: one_word.clone(),
        footer: words.clone(),
        ..french()
    }
}

fn sheet(rows: usize) -> Sheet {
    let row = |n: usize| -> Row {
        let title =
            if n % 7 == 3 { "Un très long titre de chantier ".repeat(17) } else { format!("Chantier numéro {n}") };
        [
            title,
            "Travaux, en retard de 12 jours".to_owned(),
            "prévue pour juin 2033".to_owned(),
            "50\u{202f}000\u{a0}€".to_owned(),
        ]
    };
    Sheet {
        language: Language::French,
        city: "Ville d’Aubeville".to_owned(),
        campaign: "Budget participatif 2031".to_owned(),
        heading: "Les chantiers du 3e arrondissement".to_owned(),
        summary: format!("{rows} chantiers"),
        columns: ["Chantier", "Où il en est", "Ouverture", "Budget"].map(str::to_owned),
        rows: (0..rows).map(row).collect(),
        address: ADDRESS.to_owned(),
        caption: "Tous les chantiers :".to_owned(),
        page: ["page".to_owned(), "sur".to_owned()],
    }
}

fn text_of(pdf: &[u8]) -> String {
    String::from_utf8_lossy(pdf).into_owned()
}

#[test]
fn the_same_words_give_the_same_bytes() {
    for format in [Format::A3, Format::A4] {
        assert_eq!(site_panel(&french(), format).unwrap(), site_panel(&french(), format).unwrap());
        assert_eq!(sites_sheet(&sheet(90), format).unwrap(), sites_sheet(&sheet(90), format).unwrap());
    }
    assert_ne!(site_panel(&french(), Format::A3).unwrap(), site_panel(&french(), Format::A4).unwrap());
    let other = Panel { title: "Autre chose".to_owned(), ..french() };
    assert_ne!(site_panel(&french(), Format::A4).unwrap(), site_panel(&other, Format::A4).unwrap());
}

#[test]
fn a_panel_is_tagged_and_says_its_language_and_title() {
    let text = text_of(&site_panel(&french(), Format::A4).unwrap());
    for part in ["/StructTreeRoot", "/Lang", "pdfuaid:part", "/DisplayDocTitle true", "<dc:title>"] {
        assert!(text.contains(part), "{part} is missing");
    }
    assert!(text.contains("Marché-aux-Œufs"), "the title stands in the metadata");
}

#[test]
fn an_address_that_does_not_fit_a_code_is_refused() {
    let long = Panel { address: format!("https://x.example/{}", "a".repeat(400)), ..french() };
    let error = site_panel(&long, Format::A4).unwrap_err();
    assert_eq!(error.code(), "PANEL_ADDRESS_TOO_LONG");
    assert!(matches!(error, Error::AddressTooLong { limit: 292, .. }));
    let fits = Panel { address: format!("https://x.example/{}", "a".repeat(292 - 18)), ..french() };
    site_panel(&fits, Format::A4).unwrap();
}

#[test]
fn letters_that_we_do_not_have_and_odd_marks_harm_nothing() {
    let odd = Panel {
        title: "Σχολείο Школа 学校 مدرسة 🏫 e\u{301}te\u{301}\u{200b} a\u{feff}b\n\tc\u{0}".to_owned(),
        decided: " \n ".to_owned(),
        ..french()
    };
    site_panel(&odd, Format::A4).unwrap();
}

/// The named program, unless this machine hasn't got it; `bin/test` installs it.
fn program(name: &str) -> Option<Command> {
    if Command::new(name).arg("--version").output().is_err() {
        eprintln!("SKIPPED: {name} is not installed; bin/test installs it");
        return None;
    }
    Some(Command::new(name))
}

/// The pages of a document as pictures of 100 dots per inch.
fn pictures(folder: &Path, name: &str, pdf: &[u8]) -> Option<Vec<PathBuf>> {
    let file = folder.join(format!("{name}.pdf"));
    std::fs::write(&file, pdf).unwrap();
    let done = program("pdftoppm")?.args(["-r", "100", "-png"]).arg(&file).arg(folder.join(name)).output().unwrap();
    assert!(done.status.success(), "{done:?}");
    assert!(done.stderr.is_empty(), "{}", String::from_utf8_lossy(&done.stderr));
    let mut found: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    found.retain(|path| {
        let file = path.file_name().unwrap().to_str().unwrap();
        file.starts_with(&format!("{name}-")) && file.ends_with(".png")
    });
    found.sort();
    Some(found)
}

#[test]
fn another_program_reads_the_code_from_the_picture() {
    let folder = tempfile::tempdir().unwrap();
    for (name, format) in [("a3", Format::A3), ("a4", Format::A4)] {
        for (kind, pdf) in [
            ("panel", site_panel(&french(), format).unwrap()),
            ("overfull", site_panel(&overfull(), format).unwrap()),
            ("empty", site_panel(&empty(), format).unwrap()),
            ("sheet", sites_sheet(&sheet(3), format).unwrap()),
        ] {
            let Some(pages) = pictures(folder.path(), &format!("{kind}-{name}"), &pdf) else { return };
            assert_eq!(pages.len(), 1, "{kind} {name}");
            let Some(mut read) = program("zbarimg") else { return };
            let found = read.args(["--quiet", "--raw"]).arg(&pages[0]).output().unwrap();
            assert_eq!(String::from_utf8_lossy(&found.stdout).trim(), ADDRESS, "{kind} {name}");
        }
    }
}

/// A word of a page and where it stands: left, top, right, bottom, in points.
type Placed = ([f64; 4], String);

/// The words of each page, by another program.
fn words(folder: &Path, pdf: &[u8]) -> Option<Vec<Vec<Placed>>> {
    let file = folder.join("words.pdf");
    std::fs::write(&file, pdf).unwrap();
    let done = program("pdftotext")?.arg("-bbox").arg(&file).arg("-").output().unwrap();
    assert!(done.status.success(), "{done:?}");
    let text = String::from_utf8(done.stdout).unwrap();
    let word = |line: &str| {
        let at = |name: &str| line.split_once(&format!("{name}=\"")).unwrap().1.split_once('"').unwrap().0;
        let places = ["xMin", "yMin", "xMax", "yMax"].map(|name| at(name).parse::<f64>().unwrap());
        (places, line.split_once('>').unwrap().1.split_once("</word>").unwrap().0.to_owned())
    };
    let pages = text.split("<page ").skip(1);
    Some(pages.map(|page| page.lines().filter(|line| line.contains("<word ")).map(word).collect()).collect())
}

#[test]
fn nothing_runs_out_of_the_page_or_into_what_is_below() {
    let folder = tempfile::tempdir().unwrap();
    for (format, wide, high) in [(Format::A4, 595.3, 841.9), (Format::A3, 841.9, 1190.6)] {
        for pdf in [
            site_panel(&french(), format).unwrap(),
            site_panel(&overfull(), format).unwrap(),
            sites_sheet(&sheet(120), format).unwrap(),
        ] {
            let Some(pages) = words(folder.path(), &pdf) else { return };
            for page in &pages {
                assert!(page.len() > 10);
                for ([left, top, right, bottom], word) in page {
                    let inside = *left >= 20.0 && *top >= 0.0 && *right <= wide - 20.0 && *bottom <= high;
                    assert!(inside, "{word} at {left} {top} {right} {bottom}");
                }
                for (place, (one, word)) in page.iter().enumerate() {
                    let over = |other: &[f64; 4]| {
                        // The middle of one word inside another one's box.
                        let (x, y) = ((one[0] + one[2]) / 2.0, (one[1] + one[3]) / 2.0);
                        x > other[0] && x < other[2] && y > other[1] && y < other[3]
                    };
                    for (_, (other, there)) in page.iter().enumerate().filter(|(at, _)| *at != place) {
                        assert!(!over(other), "{word} stands on {there}");
                    }
                }
            }
        }
    }
}

#[test]
fn every_site_stands_on_the_sheet_once() {
    let folder = tempfile::tempdir().unwrap();
    for rows in [0, 1, 40, 200] {
        let Some(pages) = words(folder.path(), &sites_sheet(&sheet(rows), Format::A4).unwrap()) else { return };
        let all: Vec<&str> = pages.iter().flatten().map(|(_, word)| word.as_str()).collect();
        for n in (0..rows).filter(|n| n % 7 != 3) {
            let named =
                all.windows(3).filter(|three| three[..2] == ["Chantier", "numéro"] && three[2] == n.to_string());
            assert_eq!(named.count(), 1, "{n} of {rows}");
        }
        assert!(all.contains(&"sur"), "pages are numbered");
    }
}
