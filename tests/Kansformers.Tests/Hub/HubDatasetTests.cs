using System.Text;
using Kansformers.Hub;
using Kansformers.Tests.Text;
using Kansformers.Text;

namespace Kansformers.Tests.Hub;

public sealed class HubDatasetTests : IDisposable
{
    private const string OtherCommit = "fedcba9876543210fedcba9876543210fedcba98";
    private readonly FakeHub _hub = new();
    private readonly TestFolder _cache = new();

    public void Dispose()
    {
        _hub.Dispose();
        _cache.Dispose();
    }

    private HubSettings Settings => new() { Endpoint = _hub.Address, Cache = _cache.Path, Attempts = 2, Wait = (_, _) => { } };

    [Theory]
    [InlineData("hub:me/set", "a")]
    [InlineData("hub:me/set@main:first/train", "a")]
    [InlineData("hub:me/set:test", "b")]
    [InlineData("hub:me/set:first", "a")]
    [InlineData("hub:me/set:second", "c d")]
    [InlineData("hub:me/set:second/train[1:]", "d")]
    [InlineData("hub:me/set:other/*.jsonl", "c d")]
    [InlineData("hub:me/set:more/d.jsonl", "d")]
    [InlineData("hub:me/set:other/*.jsonl[:1]", "c")]
    public void A_card_tells_subsets_and_splits(string name, string texts)
    {
        Put("README.md", "---\nlicense: mit\nconfigs:\n- config_name: first\n  default: true\n  data_files:\n  - split: train\n    path: some/a*\n  - split: test\n    path: [\"some/b.jsonl\"]\n- config_name: second\n  data_files: other/[a-d].jsonl\n---\n# Card\n");
        foreach (string letter in (string[])["a", "b"])
            Put($"some/{letter}.jsonl", $$"""{"text":"{{letter}}"}""");
        Put("other/c.jsonl", """{"text":"c"}""");
        Put("other/d.jsonl", """{"text":"d"}""");
        Put("more/d.jsonl", """{"text":"d"}""");
        Assert.Equal(texts.Split(' '), Read(name));
    }

    [Theory]
    [InlineData("""{"id":1,"text":"hello"}""", """{"id":"x"}""")]
    [InlineData("""{"id":"x"}""", """{"id":"y","text":"hello"}""")]
    [InlineData("""{"content":"x"}""", """{"text":"y"}""")]
    public void Shards_have_one_column_of_text(string one, string other)
    {
        Put("a.jsonl", one);
        Put("b.jsonl", other);
        foreach (string name in (string[])["hub:me/set", "hub:me/set:*.jsonl", "hub:me/set[-2:]"])
            Assert.Contains("has no column 'text', in which '", Error(name), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[-1%:]", "has 30 rows, and is read by the slice [-1%:]")]
    [InlineData("[:1%]", "has 30 rows, and is read by the slice [:1%]")]
    [InlineData("[30:]", "has 30 rows, and is read by the slice [30:]")]
    [InlineData("[7:7]", "is read by the slice [7:7], which takes no row of it")]
    public void A_slice_of_a_data_set_without_rows_is_refused(string slice, string expected)
    {
        for (int i = 0; i < 3; i++)
            Put($"{i}.jsonl", string.Concat(Enumerable.Repeat("{\"text\":\"a\"}\n", 10)));
        Put("0.csv", "text\n" + string.Concat(Enumerable.Repeat("a\n", 30)));
        foreach (string name in (string[])["hub:me/set:*.jsonl", "hub:me/set:0.csv"])
            Assert.Contains(expected, Assert.Throws<KansformersException>(() => Read(name + slice)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_not_there_is_told_with_what_is()
    {
        Put("train.jsonl", """{"text":"a"}""");
        Put("test.jsonl", """{"text":"a"}""");
        Assert.Contains("no 'dev'; write hub:me/set: and one of train, test", Error("hub:me/set:dev"), StringComparison.Ordinal);
        Assert.Contains("'corpus'", Assert.Throws<KansformersException>(() => Corpus.Open("hub:me/set", new CorpusOptions { Hub = Settings, TextField = "corpus" }).Read().Count()).Message, StringComparison.Ordinal);
        _hub.Files.Clear();
        Put("picture.png", "");
        Assert.Contains("has no .parquet, .jsonl", Error("hub:me/pictures"), StringComparison.Ordinal);
        Assert.Contains("write hub:owner/name", Error("hub:me/set:../x"), StringComparison.Ordinal);
        Assert.Contains("hub:owner/name", Error("hub:a/b/c"), StringComparison.Ordinal);
        Assert.Contains("does not end in a slice", Error("hub:me/set:train[a:b]"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("data/train-00000-of-00001.parquet data/extra-00000-of-00001.parquet all.csv", "train", "data/train-00000-of-00001.parquet")]
    [InlineData("data/train-00000-of-00001.parquet data/extra-00000-of-00001-abc.parquet", "extra", "data/extra-00000-of-00001-abc.parquet")]
    [InlineData("train.csv test.csv", "test", "test.csv")]
    [InlineData("my_train_file.csv other.csv", "train", "my_train_file.csv")]
    [InlineData("x/dev.jsonl x/training.jsonl", "validation", "x/dev.jsonl")]
    [InlineData("training/1.txt training/2.txt eval/3.txt", "test", "eval/3.txt")]
    [InlineData("train-1/b.txt train-1/a.txt", "train", "train-1/a.txt train-1/b.txt")]
    [InlineData("b.txt a.txt README.md .hidden.txt __cache__/c.txt pic.png dataset_info.json", "train", "a.txt b.txt")]
    [InlineData("default/train/0000.parquet default/train/0001.parquet default/test/0000.parquet", "train", "default/train/0000.parquet default/train/0001.parquet")]
    [InlineData("constrained.txt", "train", "constrained.txt")]
    [InlineData("a.jsonl b.json c.csv CITATION.txt", "train", "a.jsonl b.json")]
    public void Names_tell_splits_as_the_hub_documents_it(string files, string split, string expected)
    {
        DatasetSubset subset = Assert.Single(DatasetLayout.Of(files.Split(' '), []));
        Assert.Equal(expected.Split(' '), Assert.Single(subset.Splits, item => item.Name == split).Files);
    }

    [Fact]
    public void Of_shards_only_those_with_the_rows_of_a_slice_are_downloaded()
    {
        const int shards = 6, rows = 50;
        using TestFolder folder = new();
        for (int i = 0; i < shards; i++)
            _hub.Files[$"data/train-{i:00000}-of-{shards:00000}.parquet"] = ForeignFileTests.Parquet(folder, $"SELECT 'row ' || (i + {i * rows}) AS text FROM range({rows + i}) r(i)", "(FORMAT parquet)");
        int total = _hub.Files.Count * rows + (shards * (shards - 1) / 2);
        string[] all = Read("hub:me/whole");
        Assert.Equal(total, all.Length);
        foreach ((string slice, int downloads) in ((string, int)[])[("[:1%]", 1), ("[50%:60%]", 1), ("[:60]", 2), ("[-10:]", 1), ("[:-260]", 2), ("[49:51]", 2), ("[10:20]", 1), ("[:]", 6)])
        {
            using TestFolder cache = new();
            lock (_hub.Requests)
                _hub.Requests.Clear();
            (long start, long end) = CorpusSlice.Parse(slice).Of(total);
            Corpus corpus = Corpus.Open($"hub:me/set{slice}", new CorpusOptions { Hub = Settings with { Cache = cache.Path } });
            Assert.Equal(all[(int)start..(int)end], corpus.Read().Select(piece => piece.Text.ToString()));
            Assert.Equal(downloads, corpus.Files.Count);
            Assert.Equal(downloads, Directory.EnumerateFiles(cache.Path, "*.parquet", SearchOption.AllDirectories).Count());

            // What was counted is remembered, and serves without the hub.
            int before = _hub.Requests.Count;
            Corpus again = Corpus.Open($"hub:me/set{slice}", new CorpusOptions { Hub = Settings with { Cache = cache.Path } });
            Assert.Equal(before + 1, _hub.Requests.Count);
            Assert.Equal(corpus.Files, again.Files);
            Assert.Equal(corpus.Files, Corpus.Open($"hub:me/set{slice}", new CorpusOptions { Hub = Settings with { Cache = cache.Path, Offline = true } }).Files);
        }

        Assert.Contains("has 315 rows, and is read by the slice [1000:], which takes no row of it", Error("hub:me/set[1000:]"), StringComparison.Ordinal);
        Assert.Contains("HF_HUB_OFFLINE", Error("hub:me/else", Settings with { Offline = true }), StringComparison.Ordinal);
    }

    [Fact]
    public void A_hub_that_gives_no_parts_of_files_gives_them_whole()
    {
        using TestFolder folder = new();
        for (int i = 0; i < 3; i++)
            _hub.Files[$"train-{i}.parquet"] = ForeignFileTests.Parquet(folder, $"SELECT repeat('row {i} ', 5000) || i AS text FROM range(9) r(i)", "(FORMAT parquet, COMPRESSION uncompressed)");
        _hub.Answer = request => request.From is null ? null : FakeHub.Reply("200 OK", $"Content-Length: {_hub.Files[request.Path.Split('/')[^1]].Length}\r\n", _hub.Files[request.Path.Split('/')[^1]]);
        Assert.Equal(9, Read("hub:me/set[9:18]").Length);
        Assert.Equal(3, Directory.EnumerateFiles(_cache.Path, "*.parquet", SearchOption.AllDirectories).Count());
        _hub.Answer = request => request.From is null ? null : FakeHub.Reply("206 Partial Content", $"Content-Length: 60000\r\nContent-Range: bytes {request.From}-{request.From + 59_999}/1000000\r\n", new byte[60_000]);
        Error("hub:me/other[9:18]");
    }

    [Fact]
    public void What_a_script_would_make_comes_from_where_the_hub_converted_it()
    {
        using TestFolder folder = new();
        Put("set.py", "print('never run')");
        Assert.Contains("has no .parquet", Error("hub:me/set"), StringComparison.Ordinal);
        byte[] Rows(string text) => ForeignFileTests.Parquet(folder, $"SELECT '{text}' AS text", "(FORMAT parquet)");
        _hub.Other = ("refs/convert/parquet", OtherCommit, new() { ["default/train/0000.parquet"] = Rows("a"), ["default/test/0000.parquet"] = Rows("b"), ["plain/train/0000.parquet"] = Rows("c") });
        Assert.Equal(["a"], Read("hub:me/set"));
        Assert.Equal(["b"], Read("hub:me/set:test"));
        Assert.Equal(["c"], Read("hub:me/set:plain"));
        Assert.Equal($"hub:me/set@{OtherCommit}:plain/train[:1]", Corpus.Open("hub:me/set:plain/train[:1]", new CorpusOptions { Hub = Settings }).Source);
        Assert.Equal(["c"], Read($"hub:me/set@{OtherCommit}:plain/train[:1]"));
    }

    [Fact]
    public void A_corpus_is_found_again_when_the_hub_has_moved_on()
    {
        Put("train.jsonl", """{"text":"old"}""");
        Corpus corpus = Corpus.Open("hub:me/set[:50%]", new CorpusOptions { Hub = Settings });
        Assert.Equal($"hub:me/set@{FakeHub.Commit}:train[:50%]", corpus.Source);
        Assert.Equal(("set[:50%]", "data set me/set, train[:50%] (1 file, field 'text')"), (corpus.Name, corpus.Description));
        _hub.Other = ("main", OtherCommit, new() { ["train.jsonl"] = """{"text":"new"}"""u8.ToArray() });
        int before = _hub.Requests.Count;
        Assert.Equal(["old"], Read($"hub:me/set@{FakeHub.Commit}:train"));
        Assert.Equal(before, _hub.Requests.Count); // a commit does not change
        Assert.Equal(["new"], Read("hub:me/set"));
    }

    [Fact]
    public void What_a_killed_download_left_is_not_taken_for_the_whole()
    {
        Put("a.jsonl", """{"text":"a"}""");
        Put("b.jsonl", """{"text":"b"}""");
        int gets = 0;
        _hub.Answer = request => request.Method == "GET" && request.Path.EndsWith("b.jsonl", StringComparison.Ordinal) && gets++ < 2 ? FakeHub.Reply("418 Teapot", "Content-Length: 0\r\n") : null;
        foreach (string name in (string[])[$"hub:me/set@{FakeHub.Commit}", "hub:me/set"])
            Assert.Contains("418", Error(name), StringComparison.Ordinal);
        Assert.Contains("not wholly", Error($"hub:me/set@{FakeHub.Commit}", Settings with { Offline = true }), StringComparison.Ordinal);
        Assert.Equal(["a", "b"], Read($"hub:me/set@{FakeHub.Commit}"));

        // Another program's cache says nothing of what is not in it.
        using TestFolder cache = new();
        cache.Write(Path.Combine("datasets--me--set", "snapshots", FakeHub.Commit, "a.jsonl"), """{"text":"a"}""");
        Assert.Contains("not wholly", Error($"hub:me/set@{FakeHub.Commit}", Settings with { Offline = true, Cache = cache.Path }), StringComparison.Ordinal);
        Assert.Equal(2, Corpus.Open($"hub:me/set@{FakeHub.Commit}", new CorpusOptions { Hub = Settings with { Cache = cache.Path } }).Files.Count);
    }

    [Fact]
    public void Of_lines_no_more_files_are_downloaded_than_a_slice_needs()
    {
        for (int i = 0; i < 5; i++)
            Put($"part-{i}.jsonl", string.Join('\n', Enumerable.Range(0, 10).Select(row => $$"""{"text":"{{i}} {{row}}"}""")));
        Assert.Equal(["0 9", "1 0"], Read("hub:me/set[9:11]"));
        Assert.Equal(2, Directory.EnumerateFiles(_cache.Path, "*.jsonl", SearchOption.AllDirectories).Count());
        Assert.Equal(["4 9"], Read("hub:me/set[-1:]"));
    }

    [Fact]
    public void A_wrong_wish_is_told_while_the_hub_is_away()
    {
        Put("train.jsonl", """{"text":"a"}""");
        Read("hub:me/set");
        _hub.Dispose();
        Assert.Contains("no 'tset'; write", Error("hub:me/set:tset"), StringComparison.Ordinal);
        Assert.Equal(["a"], Read("hub:me/set"));
    }

    [Fact]
    public void The_subset_of_a_well_known_corpus_is_meant_when_a_split_is_named()
    {
        Put("README.md", "---\nconfigs:\n- config_name: wikitext-103-raw-v1\n  data_files:\n  - split: test\n    path: a.jsonl\n- config_name: wikitext-2-raw-v1\n  data_files:\n  - split: train\n    path: b.jsonl\n  - split: test\n    path: c.jsonl\n---\n");
        foreach (string letter in (string[])["a", "b", "c"])
            Put($"{letter}.jsonl", $$"""{"text":"{{letter}}"}""");
        Assert.Equal(["b"], Read("wikitext"));
        Assert.Equal(["c"], Read("wikitext:test"));
        Assert.Equal(["a"], Read("wikitext:wikitext-103-raw-v1/test"));
    }

    [Fact]
    public void A_part_of_the_shards_in_a_cache_of_other_programs_is_not_taken_for_all()
    {
        string folder = Path.Combine(_cache.Path, "datasets--me--set"), snapshot = Path.Combine("datasets--me--set", "snapshots", FakeHub.Commit);
        Directory.CreateDirectory(Path.Combine(folder, "refs"));
        File.WriteAllText(Path.Combine(folder, "refs", "main"), FakeHub.Commit);
        _cache.Write(Path.Combine(snapshot, "data", "train-00000-of-00002.jsonl"), """{"text":"a"}""");
        Assert.Contains("not wholly", Error("hub:me/set", Settings with { Offline = true }), StringComparison.Ordinal);
        _cache.Write(Path.Combine(snapshot, "data", "train-00001-of-00002.jsonl"), """{"text":"b"}""");
        Assert.Equal(["a", "b"], Corpus.Open("hub:me/set", new CorpusOptions { Hub = Settings with { Offline = true } }).Read().Select(piece => piece.Text.ToString()));
    }

    [Theory]
    [InlineData("openwebtext[:1%]", "hub:Skylion007/openwebtext[:1%]")]
    [InlineData("philosophy", "hub:AiresPucrs/stanford-encyclopedia-philosophy")]
    [InlineData("Shakespeare:test", "hub:karpathy/tiny_shakespeare:test")]
    [InlineData("wikitext", "hub:Salesforce/wikitext:wikitext-2-raw-v1")]
    [InlineData("wikitext:wikitext-103-raw-v1/validation[:10]", "hub:Salesforce/wikitext:wikitext-103-raw-v1/validation[:10]")]
    [InlineData("openwebtext@abc", "hub:Skylion007/openwebtext@abc")]
    [InlineData("notes.txt", null)]
    [InlineData("openwebtext.txt", null)]
    public void One_word_stands_for_the_corpora_of_the_original(string word, string? name) => Assert.Equal(name, DatasetName.Parse(word)?.ToString());

    [Fact]
    public void Silence_counts_as_a_broken_connection()
    {
        using ManualResetEventSlim end = new();
        _hub.Answer = _ =>
        {
            end.Wait(TimeSpan.FromSeconds(30));
            return null;
        };
        Assert.Contains("the hub was silent for 0.2 s", Error("hub:me/set", Settings with { Timeout = TimeSpan.FromSeconds(0.2) }), StringComparison.Ordinal);
        end.Set();
    }

    [Theory]
    [InlineData("no front matter")]
    [InlineData("---\nunclosed: true\n")]
    [InlineData("---\n\n---\n")]
    [InlineData("---\n- a\n- b\n---\n")]
    [InlineData("---\nconfigs: 5\n---\n")]
    [InlineData("---\n&a configs: *a\n---\n")]
    public void Cards_that_list_nothing_leave_it_to_the_names(string card) => Assert.Empty(DatasetCard.Subsets(card));

    [Theory]
    [InlineData("---\nconfigs:\n- data_files: a\n---\n")]
    [InlineData("---\nconfigs:\n- config_name: a\n  data_files:\n  - split: train\n---\n")]
    [InlineData("---\na: [1\n---\n")]
    [InlineData("---\na: \"open\n---\n")]
    public void Cards_that_make_no_sense_are_told(string card) =>
        Assert.Contains("README.md", Assert.Throws<KansformersException>(() => DatasetCard.Subsets(card)).Message, StringComparison.Ordinal);

    [Fact]
    public void Hostile_cards_do_not_crash()
    {
        Assert.Throws<KansformersException>(() => DatasetCard.Subsets($"---\na: {new string('[', 100_000)}\n---\n"));
        Assert.Throws<KansformersException>(() => DatasetCard.Subsets($"---\n{string.Concat(Enumerable.Repeat("- ", 50_000))}a\n---\n"));
        const string card = "---\nconfigs:\n- config_name: \"first\"\n  default: true\n  data_files:\n  - split: train\n    path: &p some/a*\n  - split: 'test'\n    path: [*p, !!str b]\n- {config_name: x, data_dir: y}\n---\n";
        Assert.Equal(2, DatasetCard.Subsets(card).Count);
        Random random = new(1);
        int refused = 0;
        for (int i = 0; i < 3000; i++)
        {
            StringBuilder changed = new(card);
            for (int k = random.Next(1, 6); k > 0; k--)
                changed[random.Next(4, card.Length - 5)] = "\n\t :-[]{}&*!|>'\"%@`#,?aé\0"[random.Next(24)];
            try
            {
                DatasetCard.Subsets(changed.ToString());
            }
            catch (KansformersException)
            {
                refused++;
            }
        }

        Assert.InRange(refused, 100, 2900);
    }

    [Fact]
    public void The_command_line_trains_on_a_data_set_and_resumes_without_the_hub()
    {
        Put("train.jsonl", string.Join('\n', Enumerable.Range(0, 30).Select(i => $$"""{"text":"the quick brown fox jumps over the lazy dog {{i}}"}""")));
        _hub.InEnvironment(_cache.Path, () =>
        {
            string run = _cache["run"];
            Cli.CliResult result = Cli.Cli.Run([.. Cli.Cli.Args("train " + Cli.Cli.Small + " --data hub:me/set:train[:50%] --out"), run]);
            Assert.True(result.Code == 0, result.Error);
            Assert.Contains($"\"data\": \"hub:me/set@{FakeHub.Commit}:train[:50%]\"", File.ReadAllText(Path.Combine(run, "config.json")), StringComparison.Ordinal);
            Cli.Cli.AssertFails(1, ["has no 'test'; write hub:me/set: and one of train"], "tokenize", "--data", "hub:me/set:test");
            _hub.Files.Clear();
            _hub.Dispose();
            Assert.Equal(0, Cli.Cli.Run("train", "--resume", run).Code);
            result = Cli.Cli.Run("eval", run, "--data", "hub:me/set:train[50%:]", "--json");
            Assert.True(result.Code == 0, result.Error);
            Assert.Contains("\"documents\":15", result.Out, StringComparison.Ordinal);
        });
    }

    private void Put(string file, string text) => _hub.Files[file] = Encoding.UTF8.GetBytes(text);

    private string[] Read(string name) => [.. Corpus.Open(name, new CorpusOptions { Hub = Settings }, cancellation: TestContext.Current.CancellationToken).Read().Select(piece => piece.Text.ToString())];

    private string Error(string name, HubSettings? settings = null) =>
        Assert.ThrowsAny<KansformersException>(() => Corpus.Open(name, new CorpusOptions { Hub = settings ?? Settings }, cancellation: TestContext.Current.CancellationToken)).Message;
}
