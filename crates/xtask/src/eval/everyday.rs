//! Small everyday documents, written for this: minutes, contracts, policies, a web page, in several languages.
//! Nobody prepared them for the provider, and people ask plainly.

/// Each document by its name.
const TEXTS: [(&str, &str); 35] = [
    ("minutes_garden.md", include_str!("everyday/minutes_garden.md")),
    ("contract_cleaning.txt", include_str!("everyday/contract_cleaning.txt")),
    ("contract_catering.txt", include_str!("everyday/contract_catering.txt")),
    ("cvs/amara_diallo.md", include_str!("everyday/cvs/amara_diallo.md")),
    ("cvs/ivana_horvat.md", include_str!("everyday/cvs/ivana_horvat.md")),
    ("cvs/tom_brekke.md", include_str!("everyday/cvs/tom_brekke.md")),
    ("leave_policy_2023.md", include_str!("everyday/leave_policy_2023.md")),
    ("leave_policy_2025.md", include_str!("everyday/leave_policy_2025.md")),
    ("tools.csv", include_str!("everyday/tools.csv")),
    ("pool.html", include_str!("everyday/pool.html")),
    ("faq_bikes.md", include_str!("everyday/faq_bikes.md")),
    ("recipe_stew.md", include_str!("everyday/recipe_stew.md")),
    ("thread_office.txt", include_str!("everyday/thread_office.txt")),
    ("release_notes.md", include_str!("everyday/release_notes.md")),
    ("mietvertrag.txt", include_str!("everyday/mietvertrag.txt")),
    ("vereinssatzung.md", include_str!("everyday/vereinssatzung.md")),
    ("reglement_mediatheque.txt", include_str!("everyday/reglement_mediatheque.txt")),
    ("contrat_travail.md", include_str!("everyday/contrat_travail.md")),
    ("travel_hr.md", include_str!("everyday/travel_hr.md")),
    ("travel_finance.txt", include_str!("everyday/travel_finance.txt")),
    ("supply_northwind.txt", include_str!("everyday/supply_northwind.txt")),
    ("supply_calder.md", include_str!("everyday/supply_calder.md")),
    ("museum.html", include_str!("everyday/museum.html")),
    ("kettle_manual.txt", include_str!("everyday/kettle_manual.txt")),
    ("orders.csv", include_str!("everyday/orders.csv")),
    ("staff.json", include_str!("everyday/staff.json")),
    ("hausordnung.txt", include_str!("everyday/hausordnung.txt")),
    ("trip_letter.txt", include_str!("everyday/trip_letter.txt")),
    ("lab_report.md", include_str!("everyday/lab_report.md")),
    ("offer_nordlys.md", include_str!("everyday/offer_nordlys.md")),
    ("offer_lindenhof.txt", include_str!("everyday/offer_lindenhof.txt")),
    ("gym_terms.md", include_str!("everyday/gym_terms.md")),
    ("invoice_roofing.txt", include_str!("everyday/invoice_roofing.txt")),
    ("library_loans.csv", include_str!("everyday/library_loans.csv")),
    ("bulletin.txt", include_str!("everyday/bulletin.txt")),
];

/// The text of an everyday document.
pub(crate) fn text(name: &str) -> Option<&'static str> {
    TEXTS.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}
