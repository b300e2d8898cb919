using System.CommandLine;
using Kansformers.Cli;
using Kansformers.Training;

namespace Kansformers.Tests.Training;

/// <summary>Optimizers and objectives in a run's <c>config.json</c>.</summary>
public class ListedOptionsTests : OneThread
{
    [Theory]
    [InlineData("\"kind\": \"adamw\",", "")]
    [InlineData("\"kind\": \"next-token\",", "")]
    [InlineData("\"kind\": \"adamw\",", "\"later\": { \"kind\": \"x\" },")]
    [InlineData("\"objective\": {", "\"was\": {")]
    [InlineData("\"kind\": \"adamw\",", "\"KIND\": 3, \"kind\": \"AdamW\",")]
    public void A_file_that_names_none_means_the_first(string was, string becomes)
    {
        using TestFolder folder = new();
        RunConfig config = TinyTraining.Config(folder, TinyTraining.Options with { Optimizer = new AdamWOptions(0.7, 0.8, 1e-7, 0.3) });
        config.Save(folder["config.json"]);
        Edit(folder["config.json"], was, becomes);
        TrainingOptions read = RunConfig.Load(folder["config.json"]).Training;
        Assert.Equal(config.Training.Optimizer, read.Optimizer);
        Assert.Equal(new NextTokenOptions(), read.Objective);
    }

    [Theory]
    [InlineData("\"kind\": \"adamw\"", "\"kind\": \"muscle\"", "unknown optimizer 'muscle': use adamw or muon")]
    [InlineData("\"kind\": \"next-token\"", "\"kind\": \"telepathy\"", "unknown objective 'telepathy': use next-token")]
    [InlineData("\"kind\": \"adamw\"", "\"kind\": 3", "'training.optimizer' is empty or holds a wrong value")]
    [InlineData("\"kind\": \"next-token\"", "\"kind\": null", "'training.objective' is empty or holds a wrong value")]
    [InlineData("\"objective\": {", "\"objective\": [], \"x\": {", "'training.objective' is empty or holds a wrong value")]
    [InlineData("\"optimizer\": {", "\"optimizer\": \"adamw\", \"x\": {", "'training.optimizer' is empty or holds a wrong value")]
    [InlineData("\"objective\": {", "\"objective\": null, \"x\": {", "'training.objective' is empty or holds a wrong value")]
    [InlineData("\"order\": \"replacement\"", "\"order\": \"reverse\"", "'training.objective.order' is empty or holds a wrong value")]
    [InlineData("\"beta1\": 0.9", "\"beta1\": \"much\"", "'training.optimizer.beta1' is empty or holds a wrong value")]
    [InlineData("\"beta1\": 0.9", "\"beta1\": 1.5", "beta1 is 1.5; it must be 0 to below 1")]
    [InlineData("\"roles\": []", "\"roles\": [{ \"role\": \"tail\" }]", "'training.roles[0].role' is empty or holds a wrong value")]
    [InlineData("\"roles\": []", "\"roles\": null", "'training.roles' is empty or holds a wrong value")]
    [InlineData("\"roles\": []", "\"roles\": [null]", "a rule's role is empty")]
    [InlineData("\"roles\": []", "\"roles\": [{ \"role\": \"head\", \"rate_factor\": -1 }]", "the rate factor of Head is -1")]
    public void What_cannot_be_is_named_in_one_line(string was, string becomes, string words)
    {
        using TestFolder folder = new();
        TinyTraining.Config(folder).Save(folder["config.json"]);
        Edit(folder["config.json"], was, becomes);
        string message = Assert.Throws<KansformersException>(() => RunConfig.Load(folder["config.json"])).Message;
        Assert.Contains(words, message, StringComparison.Ordinal);
        Assert.Single(message.Split('\n'));
    }

    [Fact]
    public void Rules_come_back_as_they_were()
    {
        using TestFolder folder = new();
        RoleRule[] rules = [new(ParameterRole.KanFunction, 0.5, 0.01), new(ParameterRole.Embedding, 2)];
        TinyTraining.Config(folder, TinyTraining.Options with { Roles = rules }).Save(folder["config.json"]);
        Assert.Equal(rules, RunConfig.Load(folder["config.json"]).Training.Roles);
    }

    // What an earlier version did not know was at its default when it made the checkpoint.
    [Theory]
    [InlineData("\"roles\": []", "\"roles\": [{\"role\":\"head\",\"rate_factor\":0.5,\"weight_decay\":null}]", "says training.roles")]
    [InlineData(null, null, null)]
    public void A_checkpoint_from_before_there_were_lists_goes_on_and_refuses_edits(string? was, string? becomes, string? words)
    {
        using TestFolder folder = new();
        using (TrainingRun run = TrainingRun.Start(TinyTraining.Config(folder), folder["run"]))
        {
            run.Trainer.StepEnded += step => run.Trainer.Stop();
            run.Run();
        }

        // The header is padded, so that nothing behind it moves.
        string path = folder["run/checkpoint.safetensors"];
        byte[] bytes = File.ReadAllBytes(path);
        int length = (int)BitConverter.ToInt64(bytes);
        string header = System.Text.Encoding.UTF8.GetString(bytes, 8, length), old = header;
        header = header.Replace("\\u0022", "\\\"", StringComparison.Ordinal);
        foreach (string part in (string[])["'objective':{'kind':'next-token','order':'replacement'},", "'kind':'adamw',", "'roles':[],"])
        {
            string written = part.Replace("'", "\\\"", StringComparison.Ordinal);
            Assert.Contains(written, header, StringComparison.Ordinal);
            header = header.Replace(written, "", StringComparison.Ordinal);
        }

        System.Text.Encoding.UTF8.GetBytes(header.PadRight(old.Length)).CopyTo(bytes, 8);
        File.WriteAllBytes(path, bytes);
        if (was is not null)
        {
            Edit(folder["run/config.json"], was, becomes!);
            Assert.Contains(words!, Assert.Throws<KansformersException>(() => TrainingRun.Resume(folder["run"])).Message, StringComparison.Ordinal);
            return;
        }

        using TrainingRun resumed = TrainingRun.Resume(folder["run"]);
        Assert.Equal((TrainingEnd.Finished, 9L), (resumed.Run().End, resumed.Trainer.Steps));
    }

    [Fact]
    public void A_setting_can_be_any_text()
    {
        ListedChoice<ObjectiveOptions> choice = new("--objective", "what is learned", [new NextTokenOptions(), new TaughtOptions()], kind => kind == "taught" ? new TaughtOptions() : Objectives.Named(kind), "next-token");
        Command command = new("train");
        foreach (Option option in choice.All)
            command.Add(option);
        Assert.Equal("the model to learn from", choice.All.Single(option => option.Name == "--teacher").Description);
        Assert.Equal(new TaughtOptions { Teacher = "Runs/A b" }, choice.Read(command.Parse(["--objective", "taught", "--teacher", "Runs/A b"]), new NextTokenOptions()));
        string message = Assert.Throws<UsageException>(() => choice.Read(command.Parse(["--teacher", "a"]), new NextTokenOptions())).Message;
        Assert.Equal("--teacher is nothing to --objective next-token; leave it out", message);
    }

    private sealed record TaughtOptions() : ObjectiveOptions("taught", "another model is told after")
    {
        public string Teacher { get; init; } = "";

        public override IReadOnlyList<WordSetting<ObjectiveOptions>> Words() => [new("teacher", "the model to learn from", Teacher, [], value => this with { Teacher = value })];

        public override IObjective Create(Kansformers.Transformers.TransformerModel model, TrainingData data, TrainingOptions options) => throw new NotSupportedException();
    }

    private static void Edit(string path, string was, string becomes)
    {
        string text = File.ReadAllText(path);
        Assert.Contains(was, text, StringComparison.Ordinal);
        File.WriteAllText(path, text.Replace(was, becomes, StringComparison.Ordinal));
    }
}
