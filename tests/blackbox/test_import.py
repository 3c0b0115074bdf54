"""import and export: files as a finance team has them, into folders and servers."""
import csv
import io
import json
import random
import signal
import subprocess

import pytest
from program import BURSAR, call, clean_environment, make_ledger, must, run, serving, wait_for

HEADER = "MemberUin,MemberName,IsCreditAccount,CashAccountBalance\n"
COLUMNS = ["MemberUin", "MemberName", "IsCreditAccount", "RealBalance", "CashAccountBalance", "CreditAmount",
           "TempCredit", "BasicCreditAmount", "OweAmount", "IncomeIntoAccountBalance", "PresentAccountBalance",
           "FreezeAmount", "AllowArrears", "TempAmountInfoList"]
OWNER = ("--organization", "Example Ltd", "--owner", "100000000001")


@pytest.fixture
def data(tmp_path):
    return make_ledger(tmp_path, *OWNER)[0]


def load(data, text, *words, name="members.csv", code=0):
    path = data.parent / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    done = run("import", path, "--data", data, *words)
    assert done.returncode == code, done.stderr
    return done


def rows(data, *words):
    return list(csv.DictReader(io.StringIO(must("export", "--data", data, *words))))


def lines_of(done):
    """The line numbers that standard error complains about."""
    return [int(line.split(":")[1]) for line in done.stderr.splitlines() if line.split(":")[1:2] and
            line.split(":")[1].isdigit()]


# what a good file does

def test_a_small_file_arrives_with_everything_it_says(data):
    text = (",".join(COLUMNS) + "\n"
            "700001941608,kleinerwang_test,true,36365911,36365911,0,0,0,0,0,0,0,false,\n"
            '7,"Quoted, ""name""",false,1061.25,1000,500.5,100,400.5,0,50,20.25,9,true,"[{""TempAmount"":100}]"\n'
            "8,在欠费的成员,True,-700,-500,500,0,500,200,0,0,0,FALSE,\n")
    assert load(data, text).stdout == "3 added, 0 unchanged\n"
    seven, eight, seed = rows(data)
    assert seed["MemberName"] == "kleinerwang_test" and seed["RealBalance"] == "36365911"
    assert seven["MemberName"] == 'Quoted, "name"'
    assert (seven["RealBalance"], seven["CashAccountBalance"], seven["PresentAccountBalance"]) == ("1061.25", "1000", "20.25")
    assert (seven["CreditAmount"], seven["TempCredit"], seven["BasicCreditAmount"]) == ("500.5", "100", "400.5")
    assert (seven["AllowArrears"], seven["FreezeAmount"]) == ("true", "9")
    assert (eight["MemberName"], eight["OweAmount"], eight["CashAccountBalance"]) == ("在欠费的成员", "200", "-500")
    assert eight["IsCreditAccount"] == "true"


def test_a_byte_order_mark_and_windows_line_ends_are_fine(data):
    text = b"\xef\xbb\xbf" + (HEADER + "7,seven,true,5\n\n8,eight,false,6\n").replace("\n", "\r\n").encode()
    assert load(data, text).stdout == "2 added, 0 unchanged\n"
    assert [row["MemberName"] for row in rows(data)] == ["seven", "eight"]


def test_jsonl_with_the_same_marks(data):
    text = b'\xef\xbb\xbf{"MemberUin":"7","MemberName":"seven","CashAccountBalance":12.5}\r\n\r\n' \
           b'{"MemberName":"eight","MemberUin":8,"IsCreditAccount":true,"TempCredit":null}\r\n'
    assert load(data, text, name="members.jsonl").stdout == "2 added, 0 unchanged\n"
    seven, eight = rows(data)
    assert (seven["CashAccountBalance"], eight["IsCreditAccount"]) == ("12.5", "true")


def test_from_standard_input_the_format_is_seen(data):
    done = run("import", "-", "--data", data, stdin='{"MemberUin":"7","MemberName":"seven"}\n')
    assert done.stdout == "1 added, 0 unchanged\n", done.stderr
    done = run("import", "-", "--data", data, stdin="MemberName,MemberUin\neight,8\n")
    assert done.stdout == "1 added, 0 unchanged\n", done.stderr


def test_twice_changes_nothing(data):
    text = HEADER + "7,seven,true,5\n8,eight,false,-3.25\n"
    load(data, text)
    before = must("export", "--data", data)
    assert load(data, text).stdout == "0 added, 2 unchanged\n"
    assert load(data, text + "9,nine,true,0\n").stdout == "1 added, 2 unchanged\n"
    assert must("export", "--data", data) == before + "9,nine,true,0,0,0,0,0,0,0,0,0,false,\n"


def test_what_was_queried_can_be_imported(data, tmp_path):
    load(data, HEADER + "7,seven,true,5\n8,eight,false,6\n")
    nine_fields = "".join(",".join(line.split(",")[:9]) + "\n" for line in must("export", "--data", data).splitlines())
    other = make_ledger(tmp_path / "other", *OWNER)[0] if (tmp_path / "other").mkdir() is None else None
    assert load(other, nine_fields).stdout == "2 added, 0 unchanged\n"
    assert must("export", "--data", other) == must("export", "--data", data)


def test_numbers_that_follow_from_others_may_be_left_out(data):
    load(data, "MemberUin,MemberName,RealBalance,CreditAmount,TempCredit\n7,a,-20,100,30\n8,b,,,\n")
    seven, eight = rows(data)
    assert (seven["CashAccountBalance"], seven["BasicCreditAmount"], seven["OweAmount"]) == ("-20", "70", "0")
    assert eight["RealBalance"] == "0"


def test_cash_below_zero_without_credit_is_overdue(data):
    load(data, "MemberUin,MemberName,CashAccountBalance\n7,a,-500\n")
    assert [(row["CashAccountBalance"], row["OweAmount"], row["RealBalance"]) for row in rows(data)] == [("0", "500", "-500")]


def test_what_real_balance_counts_beyond_cash_is_income_or_frozen(data):
    load(data, "MemberUin,MemberName,RealBalance,CashAccountBalance\n7,a,150,100\n8,b,60,100\n")
    seven, eight = rows(data)
    assert (seven["IncomeIntoAccountBalance"], seven["FreezeAmount"]) == ("50", "0")
    assert (eight["IncomeIntoAccountBalance"], eight["FreezeAmount"]) == ("0", "40")


# what a bad file does

BAD_LINES = {
    3: "0123,leading zero,true,1", 7: ",no uin,true,1", 19: "abc,letters,true,1", 44: "123456789012345678901,long,true,1",
    101: "5101,,true,1", 102: "5102,bool,yes,1", 200: "5200,comma,true,\"12,5\"", 201: "5201,precise,true,1.23456",
    333: "5333,large,true,99999999999999999999", 404: "5404,too,many,values,here", 405: "5405,few", 512: "5001,twice,true,1",
    777: "5777,tab\tin name,true,1", 901: f"5901,{'n' * 65},true,1", 999: '5999,"open,true,1',
}


def thousand_lines():
    lines = [HEADER.rstrip("\n")] + [f"{5000 + n},member {n},true,{n}" for n in range(1, 1000)]
    for number, text in BAD_LINES.items():
        lines[number - 1] = text
    return "\n".join(lines) + "\n"


def test_every_bad_line_of_a_thousand_is_named_and_nothing_is_written(data):
    done = load(data, thousand_lines(), code=2)
    assert sorted(set(lines_of(done))) == sorted(BAD_LINES)
    assert "nothing was imported" in done.stderr
    assert rows(data) == []


def test_partial_takes_the_others_and_says_so(data):
    done = load(data, thousand_lines(), "--partial", code=1)
    assert sorted(set(lines_of(done))) == sorted(BAD_LINES)
    assert done.stdout == f"{999 - len(BAD_LINES)} added, 0 unchanged, {len(BAD_LINES)} refused\n"
    assert len(rows(data)) == 999 - len(BAD_LINES)


def test_more_than_a_hundred_complaints_are_counted(data):
    done = load(data, HEADER + "x,y,true,1\n" * 250, code=2)
    assert len(lines_of(done)) == 100
    assert "and 150 more" in done.stderr


@pytest.mark.parametrize("text, said", [
    ("MemberUin,MemberNam\n7,a\n", "did you mean MemberName?"),
    ("MemberUin,MemberName,Color\n7,a,b\n", '"Color"'),
    ("MemberUin,MemberName,MemberUin\n7,a,7\n", "twice"),
    ("MemberUin\n7\n", "MemberName is missing"),
    ("7,a,true,1\n", "MemberUin is missing"),
    ("", "empty"),
    ("MemberUin,MemberName,RealBalance,CashAccountBalance,FreezeAmount\n7,a,5,4,0\n", "RealBalance is 5, but"),
    ("MemberUin,MemberName,CreditAmount,TempCredit,BasicCreditAmount\n7,a,5,4,0\n", "CreditAmount is 5, but"),
    ("MemberUin,MemberName,CashAccountBalance,OweAmount\n7,a,5,4\n", "OweAmount is 4, but"),
    ("MemberUin,MemberName,IncomeIntoAccountBalance\n7,a,-5\n", "below zero"),
    ('MemberUin,MemberName,TempAmountInfoList\n7,a,"[{""StartTime"":""x""}]"\n', "TempAmountInfoList"),
    ('MemberUin,MemberName,TempAmountInfoList\n7,a,"[{"\n', "not JSON"),
    ('MemberUin,MemberName,TempCredit,TempAmountInfoList\n7,a,5,"[{""TempAmount"":4}]"\n', "at any moment"),
])
def test_a_mistake_says_what_it_is(data, text, said):
    done = load(data, text, code=2)
    assert said in done.stderr
    assert rows(data) == []


@pytest.mark.parametrize("line, said", [
    ('{"MemberUin":"7","MemberName":"a"', "not JSON"),
    ('["7","a"]', "one JSON object a line"),
    ('{"MemberUin":"7","MemberNmae":"a"}', "did you mean MemberName?"),
    ('{"MemberUin":"7","MemberName":"a","MemberName":"b"}', "not JSON"),
    ('{"MemberUin":"7","MemberName":"a","CashAccountBalance":"5"}', "must be a number"),
    ('{"MemberUin":"7","MemberName":"a","IsCreditAccount":1}', "must be true or false"),
    ('{"MemberUin":"7","MemberName":5}', "must be a text"),
    ('{"MemberUin":"7","MemberName":"a"} x', "not JSON"),
])
def test_a_mistake_in_jsonl_says_what_it_is(data, line, said):
    done = load(data, '{"MemberUin":"6","MemberName":"good"}\n' + line + "\n", name="m.jsonl", code=2)
    assert said in done.stderr
    assert lines_of(done)[0] == 2
    assert rows(data) == []


def test_members_who_are_there_with_other_values_stop_everything(data):
    load(data, HEADER + "7,seven,true,5\n")
    before = must("export", "--data", data)
    many = "".join(f"{9000 + n},member,true,1\n" for n in range(9000))
    done = load(data, HEADER + many + "7,seven,true,6\n", code=2)
    assert lines_of(done) == [9002]
    assert "with other values" in done.stderr
    assert must("export", "--data", data) == before
    done = load(data, HEADER + many + "7,seven,true,6\n", "--partial", code=1)
    assert done.stdout == "9000 added, 0 unchanged, 1 refused\n"


def test_a_whole_batch_of_conflicts_is_listed(data):
    lines = "".join(f"{9000 + n},member,true,1\n" for n in range(8500))
    load(data, HEADER + lines)
    done = load(data, HEADER + lines.replace("true", "false"), code=2)
    assert lines_of(done) == list(range(2, 102))
    assert "and 8400 more" in done.stderr


def test_a_dry_run_only_says_what_would_happen(data):
    done = load(data, HEADER + "7,seven,true,5\n8,eight,true,5\n", "--dry-run")
    assert done.stdout == "dry run: 2 added, 0 unchanged\n"
    assert rows(data) == []


def test_the_owner_cannot_be_a_member(data):
    done = load(data, HEADER + "100000000001,owner,true,5\n", code=2)
    assert lines_of(done) == [2]


# round trips

def random_members(count, seed):
    rng = random.Random(seed)
    names = ["kleinerwang_test", 'with "quotes", and commas', "名字", "é", "a" * 64, "-1", "two  blanks", "🙂 emoji"]
    for uin in {rng.randrange(1, 10 ** rng.choice([3, 12, 20])) for _ in range(2 * count)} - {100000000001}:
        grants = [{"TempAmount": rng.randrange(10**6), "StartTime": "2020-01-01 00:00:00",
                   "EndTime": rng.choice(["9999-12-31 23:59:59", "2021-01-01 00:00:00"])}
                  for _ in range(rng.choice([0, 0, 0, 1, 3]))]
        yield {"MemberUin": str(uin), "MemberName": rng.choice(names), "IsCreditAccount": rng.random() < .5,
               "CashAccountBalance": rng.choice([0, 36365911, rng.randrange(10**9) / 100]),
               "IncomeIntoAccountBalance": rng.choice([0, 0, 7]), "PresentAccountBalance": rng.choice([0, 0.0001]),
               "FreezeAmount": rng.choice([0, 5]), "BasicCreditAmount": rng.choice([0, 10**6]),
               "AllowArrears": rng.random() < .2, "TempAmountInfoList": grants}


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_export_import_export_gives_the_same_bytes(tmp_path, kind):
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    one, two = make_ledger(tmp_path / "one", *OWNER)[0], make_ledger(tmp_path / "two", *OWNER)[0]
    members = list(random_members(2500, 20261123))[:2500]
    text = "".join(json.dumps(member) + "\n" for member in members)
    assert load(one, text, name="m.jsonl").stdout == "2500 added, 0 unchanged\n"
    first, second = tmp_path / f"first.{kind}", tmp_path / f"second.{kind}"
    must("export", first, "--data", one)
    assert load(two, first.read_bytes(), name=f"again.{kind}").stdout == "2500 added, 0 unchanged\n"
    must("export", second, "--data", two)
    assert first.read_bytes() == second.read_bytes()
    assert len(first.read_text().splitlines()) == 2500 + (kind == "csv")
    assert load(two, first.read_bytes(), name=f"again.{kind}").stdout == "0 added, 2500 unchanged\n"


def test_a_served_folder_takes_imports_beside_its_readers(tmp_path):
    data, key = make_ledger(tmp_path, *OWNER)
    key_file = tmp_path / "key.json"
    key_file.write_text(json.dumps({"secretId": key[0], "secretKey": key[1]}))
    key_file.chmod(0o600)
    with serving(tmp_path, data) as server:
        remote = ("--endpoint", f"http://{server.address}", "--credentials", key_file)
        assert load(data, HEADER + "7,seven,true,5\n").stdout == "1 added, 0 unchanged\n"
        path = tmp_path / "more.csv"
        path.write_text(HEADER + "7,seven,true,5\n8,eight,false,6\n")
        assert must("import", path, *remote) == "1 added, 1 unchanged\n"
        assert must("export", *remote) == must("export", "--data", data)
        asked = json.loads(must("query", "8", *remote))
        assert asked["Data"][0]["CashAccountBalance"] == 6
    assert [row["MemberUin"] for row in rows(data)] == ["7", "8"]


def test_an_interrupted_import_is_finished_by_doing_it_again(tmp_path):
    data, key = make_ledger(tmp_path, *OWNER)
    path = tmp_path / "many.csv"
    path.write_text(HEADER + "".join(f"{500000 + n},member {n},true,{n}\n" for n in range(60000)))
    with serving(tmp_path, data, "--calls-per-second", 0) as server:
        def listed():
            return call(server.address, key)["TotalCount"]
        first = subprocess.Popen([BURSAR, "import", path, "--data", data], stderr=subprocess.PIPE, text=True,
                                 stdout=subprocess.PIPE, env=clean_environment())
        wait_for(lambda: listed() > 0, "the first batch")
        first.send_signal(signal.SIGINT)
        said = first.communicate(timeout=60)[1]
        assert first.returncode in (0, 130), said
        assert first.returncode == 0 or "the same import again" in said
        already = listed()
        assert must("import", path, "--data", data) == f"{60000 - already} added, {already} unchanged\n"
        assert listed() == 60000


def test_without_a_place_it_says_what_to_give(tmp_path):
    path = tmp_path / "m.csv"
    path.write_text(HEADER)
    done = run("import", path)
    assert done.returncode == 2
    assert "--data" in done.stderr


def test_an_export_that_cannot_be_written_leaves_nothing(data):
    done = run("export", "/nonexistent/folder/file.csv", "--data", data)
    assert done.returncode == 6
    assert "/nonexistent/folder" in done.stderr
