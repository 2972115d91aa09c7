//! Names as HR systems hold them: in several scripts, with one name or many, each with its spelling
//! in Latin letters beside it.

/// One place where the company works.
#[derive(Debug, PartialEq, Eq)]
pub struct Site {
    /// Its name.
    pub name: &'static str,
    /// The zone of its clock (IANA).
    pub zone: &'static str,
    /// How many of a hundred people work there.
    pub share: usize,
    given: &'static str,
    family: &'static str,
}

/// A name, and its spelling in Latin letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Name {
    /// As its bearer writes it; empty where they have none.
    pub own: &'static str,
    /// In Latin letters.
    pub latin: &'static str,
}

const fn site(
    name: &'static str,
    zone: &'static str,
    share: usize,
    given: &'static str,
    family: &'static str,
) -> Site {
    Site {
        name,
        zone,
        share,
        given,
        family,
    }
}

/// Where the company works. A name in another script stands before its Latin spelling; `~` is a
/// blank, `-` no family name at all.
pub const SITES: [Site; 12] = [
    site(
        "Berlin",
        "Europe/Berlin",
        22,
        "Anna Björn Emre Gülşen Hans-Jürgen Ines Jörg Katharina Lennart Özlem Sören Ulrike Zoë Theo",
        "Weiß Müller Yılmaz Schröder Lindqvist Krüger Özdemir Bräuer von~der~Heyde Sommer Großmann Şahin",
    ),
    site(
        "Łódź",
        "Europe/Warsaw",
        14,
        "Agnieszka Bożena Grzegorz Łucja Michał Paweł Róża Stanisław Świętosława Wojciech Zofia Żaneta",
        "Wójcik Kowalska Szczepański Łukasiewicz Dąbrowski Brzęczyszczykiewicz Zieliński Nowak Gałązka",
    ),
    site(
        "Boston",
        "America/New_York",
        14,
        "Aoife Dwayne Grace José Keisha Liam María Mei-Ling Noah Siobhán Tyrone Zachary",
        "O'Neill García Johnson Nguyen McAllister Washington Fitzgerald Peña Smith Cohen Patel",
    ),
    site(
        "São Paulo",
        "America/Sao_Paulo",
        10,
        "Antônio Beatriz Caetano Débora Flávia João Luísa Márcio Núbia Thaís Vinícius",
        "Gonçalves da~Silva Conceição Magalhães Araújo dos~Santos Albuquerque~de~Vasconcelos Sá Brandão",
    ),
    site(
        "Tokyo",
        "Asia/Tokyo",
        8,
        "陽翔/Haruto 結衣/Yui 健太/Kenta 葵/Aoi 大輔/Daisuke 美咲/Misaki 蓮/Ren さくら/Sakura",
        "田中/Tanaka 佐藤/Sato 鈴木/Suzuki 高橋/Takahashi 渡辺/Watanabe 小林/Kobayashi 東/Higashi 李/Ri",
    ),
    site(
        "Melbourne",
        "Australia/Melbourne",
        8,
        "Chloe Dimitri Harper Jack Linh Matilda Nikos Oliver Priya Thảo",
        "Nguyễn Papadopoulos Walker Trần D'Souza Kelly Fernando Singh Vasilakis",
    ),
    site(
        "Cairo",
        "Africa/Cairo",
        6,
        "عمر/Omar فاطمة/Fatima يوسف/Youssef نور/Nour مريم/Maryam خالد/Khaled ليلى/Layla أحمد/Ahmed",
        "حداد/Haddad المصري/El-Masry منصور/Mansour شريف/Sherif عبد~الرحمن/Abdelrahman نجيب/Naguib سالم/Salem",
    ),
    site(
        "Kathmandu",
        "Asia/Kathmandu",
        5,
        "सीता/Sita राम/Ram गीता/Gita विष्णु/Bishnu माया/Maya पेम्बा/Pemba",
        "गुरुङ/Gurung शर्मा/Sharma तामाङ/Tamang शेर्पा/Sherpa थापा/Thapa श्रेष्ठ/Shrestha",
    ),
    site(
        "Jakarta",
        "Asia/Jakarta",
        5,
        "Suharto Dewi Budi Sukarno Wulandari Agus Ratna Joko Megawati Susilo",
        "- Wijaya Hartono - Siregar Nasution - Simanjuntak",
    ),
    site(
        "Reykjavík",
        "Atlantic/Reykjavik",
        3,
        "Freyja Guðmundur Þórdís Ægir Sigurður Ásta Björk Hrafn",
        "Ólafsdóttir Sigurðsson Þorsteinsdóttir Jónsson Einarsdóttir Guðmundsson",
    ),
    site(
        "Ponta Delgada",
        "Atlantic/Azores",
        3,
        "João Conceição Álvaro Fátima Duarte Inês Zulmira",
        "Medeiros Câmara Botelho de~Ávila Bettencourt Araújo~e~Sousa",
    ),
    site(
        "Lord Howe",
        "Australia/Lord_Howe",
        2,
        "Tāne Ruby Hēmi Isla Zac Marama",
        "Thompson Wilson Ngata Nichols Kāretu",
    ),
];

impl Site {
    /// Its given names.
    pub fn given(&self) -> Vec<Name> {
        read(self.given)
    }

    /// Its family names.
    pub fn family(&self) -> Vec<Name> {
        read(self.family)
    }
}

fn read(list: &'static str) -> Vec<Name> {
    let name = |word: &'static str| match word.split_once('/') {
        Some((own, latin)) => Name { own, latin },
        None if word == "-" => Name { own: "", latin: "" },
        None => Name {
            own: word,
            latin: word,
        },
    };
    list.split(' ').map(name).collect()
}

/// The place of this name.
pub fn site_named(name: &str) -> &'static Site {
    let found = SITES.iter().find(|site| site.name == name);
    found.unwrap_or(&SITES[0])
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn each_name_can_be_spelt_in_an_address_and_each_place_has_a_clock() {
        assert_eq!(SITES.iter().map(|s| s.share).sum::<usize>(), 100);
        let noon: model::time::DateTime = "2026-03-16T12:00".parse().unwrap();
        for site in &SITES {
            model::Timestamp::in_zone(noon, site.zone).unwrap();
            for name in site.given().into_iter().chain(site.family()) {
                let spelt = rules::text::slug(&name.latin.replace('~', " "));
                assert!(spelt.is_some(), "{}", name.latin);
            }
            assert!(site.given().iter().all(|name| !name.own.is_empty()));
        }
    }
}
