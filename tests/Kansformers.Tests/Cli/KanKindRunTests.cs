using System.Text.Json;
using Kansformers.Kan;
using Kansformers.Tests.Training;
using Kansformers.Training;

namespace Kansformers.Tests.Cli;

/// <summary>Every listed kind of KAN layer through the verbs: trained, interrupted and resumed to the same bits, sampled, evaluated, looked at.</summary>
public class KanKindRunTests
{
    public static TheoryData<string> Kinds() => [.. KanKinds.Names, "bspline:sharing=group:4,outside=linear", "chebyshev:sharing=channel", "rbf:sharing=group:2,norm=none"];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_run_of_any_kind_resumes_exactly_and_every_verb_knows_it(string kind)
    {
        using TestFolder folder = new();
        RunConfig config = TinyTraining.Config(folder);
        config = config with { Model = config.Model with { Kan = KanSettings.Parse(kind) } };
        if (config.Model.Kan is RationalOptions rational)
            config = config with { Model = config.Model with { Kan = rational with { Sharing = KanSharing.Group(4) } } };
        using (TrainingRun run = TrainingRun.Start(config, folder["whole"]))
            Assert.Equal(TrainingEnd.Finished, run.Run().End);
        ResumeTests.Interrupt(TrainingRun.Start(config, folder["parts"]), 5);
        using (TrainingRun run = TrainingRun.Resume(folder["parts"]))
            run.Run();
        RunComparison.AssertSame(folder["whole"], folder["parts"]);

        JsonElement info = Json("info", folder["whole"], "--json");
        Assert.Equal(config.Model.Kan.Kind, info.GetProperty("kan").GetString());
        using (Kansformers.Transformers.TransformerModel model = RunFolder.Open(folder["whole"]).LoadModel())
        {
            Assert.Equal(model.ParameterCount, info.GetProperty("parameters").GetInt64());
            Assert.Equal(model.KanParameterCount, info.GetProperty("kan_parameters").GetInt64());
        }

        Assert.Equal(0, Cli.Run("sample", folder["whole"], "--prompt", "the", "--max-new-tokens", "5").Code);
        Assert.True(double.IsFinite(Json("eval", folder["whole"], "--json").GetProperty("loss").GetDouble()));
    }

    private static JsonElement Json(params string[] args)
    {
        CliResult result = Cli.Run(args);
        Assert.True(result.Code == 0, result.Error);
        return JsonDocument.Parse(result.Out).RootElement;
    }
}
