"""Triage proposes something sensible for what people really write, in many languages."""

from __future__ import annotations

import re

import pytest

from tickets.rules.triage import Proposal, ReportText, propose
from tickets.rules.words import Kind, Severity


def proposal(text: str, **more: str) -> Proposal:
    return propose(ReportText(text=text, **more))


KIND_EXAMPLES = [
    # Payment
    ("A customer paid 49 $ and got no credits.", Kind.PAYMENT),
    ("I was charged twice this month, please refund one of them.", Kind.PAYMENT),
    ("Mir wurde der Betrag doppelt abgebucht.", Kind.PAYMENT),
    ("Me cobraron dos veces la suscripción este mes", Kind.PAYMENT),
    ("J'ai été débité deux fois pour le même abonnement.", Kind.PAYMENT),
    ("Fui cobrado duas vezes no cartão, quero reembolso", Kind.PAYMENT),
    ("Ho pagato ma il piano premium non è attivo", Kind.PAYMENT),
    ("Er is twee keer geld afgeschreven voor mijn abonnement", Kind.PAYMENT),
    ("С карты списали деньги дважды, верните", Kind.PAYMENT),
    ("Pobrano dwa razy opłatę z mojej karty, proszę o zwrot", Kind.PAYMENT),
    ("Kartımdan iki kez para çekildi, iade istiyorum", Kind.PAYMENT),
    ("信用卡被重复扣款了，请退款", Kind.PAYMENT),
    ("クレジットカードで二重請求されました", Kind.PAYMENT),
    ("결제했는데 크레딧이 지급되지 않았어요", Kind.PAYMENT),
    ("Tôi bị trừ tiền hai lần", Kind.PAYMENT),
    ("تم خصم المبلغ مرتين من حسابي", Kind.PAYMENT),
    # Outage
    ("Сайт не працює, ніхто не може увійти", Kind.OUTAGE),
    ("Sidan ligger nere", Kind.OUTAGE),
    ("The whole site is down for everyone since this morning", Kind.OUTAGE),
    ("502 Bad Gateway on every page", Kind.OUTAGE),
    ("Die Seite ist seit heute früh nicht erreichbar", Kind.OUTAGE),
    ("La página está caída, nadie puede entrar", Kind.OUTAGE),
    ("Le site est inaccessible depuis ce matin", Kind.OUTAGE),
    ("O site está fora do ar desde ontem", Kind.OUTAGE),
    ("Il sito è irraggiungibile per tutti gli utenti", Kind.OUTAGE),
    ("De website is onbereikbaar sinds vanochtend", Kind.OUTAGE),
    ("Сайт недоступен с самого утра у всех", Kind.OUTAGE),
    ("Strona jest niedostępna, serwer nie odpowiada", Kind.OUTAGE),
    ("Site çöktü, kimse erişemiyor", Kind.OUTAGE),
    ("网站打不开了，所有用户都访问不了", Kind.OUTAGE),
    ("サーバーが落ちていてアクセスできない", Kind.OUTAGE),
    ("서버가 다운되어 접속이 안 됩니다", Kind.OUTAGE),
    # Data loss
    ("After the update all my notes are gone", Kind.DATA_LOSS),
    ("Nach dem Update sind alle Daten verschwunden", Kind.DATA_LOSS),
    ("Se borraron todos mis archivos", Kind.DATA_LOSS),
    ("Toutes mes données ont disparu après la mise à jour", Kind.DATA_LOSS),
    ("Perdi todos os dados depois da atualização", Kind.DATA_LOSS),
    ("Ho perso tutti i dati del progetto", Kind.DATA_LOSS),
    ("Al mijn bestanden zijn verdwenen, alles weg", Kind.DATA_LOSS),
    ("После обновления пропали все данные", Kind.DATA_LOSS),
    ("Zniknęły wszystkie dane po aktualizacji", Kind.DATA_LOSS),
    ("Güncellemeden sonra tüm veriler silindi", Kind.DATA_LOSS),
    ("更新之后所有数据丢失了", Kind.DATA_LOSS),
    ("アップデート後にデータが消えました", Kind.DATA_LOSS),
    ("업데이트 후 데이터가 사라졌습니다", Kind.DATA_LOSS),
    # Security
    ("I can see other users' invoices when I change the number in the address", Kind.SECURITY),
    ("Our API keys are exposed in the page source", Kind.SECURITY),
    ("Ich sehe fremde Daten von anderen Kunden", Kind.SECURITY),
    ("Hackearon nuestra cuenta de administrador", Kind.SECURITY),
    ("Notre site a été piraté", Kind.SECURITY),
    ("Qualquer pessoa pode ver os dados de outros clientes", Kind.SECURITY),
    ("C'è una vulnerabilità: password in chiaro", Kind.SECURITY),
    ("Onze website is gehackt", Kind.SECURITY),
    ("Нас взломали, утечка персональных данных", Kind.SECURITY),
    ("Znalazłem lukę: wyciek danych osobowych", Kind.SECURITY),
    ("Hesabım ele geçirildi, kişisel veriler sızdı", Kind.SECURITY),
    ("我能看到其他用户的个人信息，隐私泄露", Kind.SECURITY),
    ("他のユーザーの個人情報が見えてしまう", Kind.SECURITY),
    ("다른 사용자의 개인정보가 노출됩니다", Kind.SECURITY),
    # Performance
    ("The dashboard is very slow, it takes 30 seconds to load", Kind.PERFORMANCE),
    ("Alles ist extrem langsam geworden", Kind.PERFORMANCE),
    ("La aplicación va muy lenta", Kind.PERFORMANCE),
    ("Le site est très lent aujourd'hui", Kind.PERFORMANCE),
    ("O sistema está muito lento", Kind.PERFORMANCE),
    ("Il sito è lentissimo", Kind.PERFORMANCE),
    ("De site is erg traag", Kind.PERFORMANCE),
    ("Сайт ужасно тормозит", Kind.PERFORMANCE),
    ("Aplikacja działa bardzo wolno", Kind.PERFORMANCE),
    ("Uygulama çok yavaş", Kind.PERFORMANCE),
    ("网站太慢了，加载很卡", Kind.PERFORMANCE),
    ("ページの表示がとても遅い", Kind.PERFORMANCE),
    ("페이지가 너무 느려요", Kind.PERFORMANCE),
    # Polish
    ("Typo on the pricing page: 'recieve' should be 'receive'", Kind.POLISH),
    ("The buttons overlap on mobile and the layout looks ugly", Kind.POLISH),
    ("Tippfehler auf der Startseite", Kind.POLISH),
    ("El texto se ve cortado y mal alineado en el móvil", Kind.POLISH),
    ("Faute d'orthographe dans le menu", Kind.POLISH),
    ("O botão está desalinhado na versão mobile", Kind.POLISH),
    ("Il testo è illeggibile in modalità scura", Kind.POLISH),
    ("Tekst onleesbaar in donkere modus", Kind.POLISH),
    ("Вёрстка съехала, текст накладывается на картинку", Kind.POLISH),
    ("Literówka w nagłówku", Kind.POLISH),
    ("Yazım hatası var ana sayfada", Kind.POLISH),
    ("手机上布局错位，文字重叠", Kind.POLISH),
    ("スマホでレイアウトが崩れています", Kind.POLISH),
    ("버튼 정렬이 안 맞고 글자가 겹쳐 보입니다", Kind.POLISH),
    # Wishes
    ("Please add an export to Excel. It would be great to have.", Kind.WISH),
    ("Es wäre schön, wenn man mehrere Bilder hochladen könnte", Kind.WISH),
    ("Sería genial poder exportar a PDF", Kind.WISH),
    ("Ce serait bien de pouvoir trier la liste", Kind.WISH),
    ("Seria bom ter um modo offline", Kind.WISH),
    ("Sarebbe utile poter filtrare gli ordini", Kind.WISH),
    ("Het zou handig zijn als ik kon sorteren", Kind.WISH),
    ("Было бы здорово добавить экспорт", Kind.WISH),
    ("Byłoby fajnie, gdyby można było dodać tagi", Kind.WISH),
    ("Toplu silme eklenirse güzel olur, önerim bu", Kind.WISH),
    ("建议增加批量导出功能", Kind.WISH),
    ("CSV出力機能を追加してほしいです", Kind.WISH),
    ("다국어 지원 기능을 추가해 주시면 좋겠습니다", Kind.WISH),
    # Questions
    ("How do I change the address of my account?", Kind.QUESTION),
    ("Wie kann ich mein Konto umbenennen?", Kind.QUESTION),
    ("¿Cómo puedo cambiar mi correo?", Kind.QUESTION),
    ("Comment puis-je changer de langue ?", Kind.QUESTION),
    ("Como faço para trocar o e-mail?", Kind.QUESTION),
    ("Come posso cambiare la lingua?", Kind.QUESTION),
    ("Hoe kan ik mijn naam wijzigen?", Kind.QUESTION),
    ("Подскажите, как изменить имя?", Kind.QUESTION),
    ("Jak mogę zmienić nazwę?", Kind.QUESTION),
    ("Adımı nasıl değiştirebilirim?", Kind.QUESTION),
    ("请问如何修改用户名？", Kind.QUESTION),
    ("名前を変更する方法を教えてください", Kind.QUESTION),
    ("이름을 어떻게 변경하나요?", Kind.QUESTION),
    # Not a report
    ("just testing, please ignore", Kind.SPAM),
    ("asdf asdf sdfsdf asdf", Kind.SPAM),
    ("Best online casino bonus, click now", Kind.SPAM),
    ("Really nice app, great work!", Kind.SPAM),
    # Drift
    (
        "Stripe will retire this API version; the endpoint is deprecated and shuts off in May",
        Kind.API_UPDATE,
    ),
    # Plain faults
    ("The upload button does nothing and shows an error", Kind.BUG),
    ("Die App stürzt beim Speichern ab", Kind.BUG),
    ("La aplicación se cierra sola al abrir la cámara, error", Kind.BUG),
    ("Кнопка не работает, выдаёт ошибку", Kind.BUG),
    ("点击按钮没有反应，报错", Kind.BUG),
]


@pytest.mark.parametrize(("text", "kind"), KIND_EXAMPLES)
def test_what_people_write_is_given_the_right_kind(text: str, kind: Kind) -> None:
    assert proposal(text).kind == kind


@pytest.mark.parametrize(
    ("text", "severity"),
    [
        ("The site is down for all users, nobody can log in", Severity.S1),
        ("Der Server ist für alle Kunden ausgefallen", Severity.S1),
        ("所有用户的数据都丢失了", Severity.S1),
        ("Customers can read the private data of other users", Severity.S1),
        ("All our customers were charged twice last night", Severity.S1),
        ("I can't log in any more, password reset mail never arrives", Severity.S2),
        ("I paid but I am still on the free plan", Severity.S2),
        ("Ich kann mich nicht einloggen", Severity.S2),
        ("No puedo iniciar sesión en mi cuenta", Severity.S2),
        ("ログインできません", Severity.S2),
        ("Поиск работает очень медленно", Severity.S3),
        ("Text is unreadable in dark mode", Severity.S3),
        ("Sometimes the list is sorted wrong, a reload helps", Severity.S3),
        ("Typo in the footer", Severity.S4),
        ("It would be nice to have a dark theme", Severity.S4),
        ("¿Cómo puedo cambiar el idioma?", Severity.S4),
        ("test, please ignore", Severity.S4),
    ],
)
def test_severity_follows_the_definitions(text: str, severity: Severity) -> None:
    assert proposal(text).severity == severity


def test_the_reasons_quote_the_customer_and_end_in_the_verdict() -> None:
    found = proposal("Hi, I paid on Monday and got no credits since then.")
    assert found.reasons[0] == "'paid' and 'no credits' → payment, S2"


@pytest.mark.parametrize("text", [text for text, _ in KIND_EXAMPLES])
def test_every_quoted_word_stands_in_the_text(text: str) -> None:
    found = proposal(text)
    assert 1 <= len(found.reasons) <= 4
    said = " ".join(text.split())
    for reason in found.reasons:
        for quote in re.findall(r"(?:^| and )'(.+?)'(?= and '| → )", reason):
            assert quote in said


def test_the_claimed_severity_decides_nothing() -> None:
    text = "There is a typo in the footer"
    assert proposal(text, claimed_severity="S1") == proposal(text, claimed_severity="S4")


@pytest.mark.parametrize(
    ("plain", "negated"),
    [
        ("The search is slow", "The search is not slow, it fails with an error"),
        ("Alle Daten sind weg", "Die Anzeige ist kaputt, keine Daten verloren"),
        ("My data was lost", "No data was lost but the button shows an error"),
    ],
)
def test_a_negation_takes_a_word_back(plain: str, negated: str) -> None:
    assert proposal(plain).kind in (Kind.PERFORMANCE, Kind.DATA_LOSS)
    assert proposal(negated).kind == Kind.BUG


def test_machine_output_and_code_say_less_than_the_customer() -> None:
    text = (
        "User Agent: Mozilla/5.0 (X11; Linux x86_64) slow slow slow\n\n"
        "The logo is a bit blurry.\n\n{code}\nERROR payment declined, server down\n{code}\n"
        "<details>\n|CPU|slow, down, hacked|\n</details>"
    )
    assert proposal(text).kind == Kind.POLISH


def test_the_given_title_is_kept_and_a_missing_one_comes_from_the_telling_sentence() -> None:
    assert proposal("anything", title="  Login broken ").title == "Login broken"
    found = proposal("Hi team,\n\nhope you are well. The export fails with an error. Thanks!")
    assert found.title == "The export fails with an error"


def test_a_long_title_is_cut_between_words() -> None:
    found = proposal("", title="word " * 40)
    assert len(found.title) <= 90
    assert found.title.endswith("word…")


def test_a_report_without_text_still_gets_a_proposal() -> None:
    found = proposal("")
    assert (found.kind, found.severity) == (Kind.BUG, Severity.S3)
    assert found.title == "Report without text"
    assert found.reasons == ("no telling words found → bug, S3",)


def test_graver_work_of_a_kind_takes_longer() -> None:
    outage = proposal("The site is down for all users")
    typo = proposal("Typo in the footer")
    assert outage.estimate_minutes > typo.estimate_minutes
    assert typo.estimate_minutes == 15


def test_the_version_names_the_rules_by_content() -> None:
    assert re.fullmatch(r"triage-[0-9a-f]{10}", proposal("x").version)
