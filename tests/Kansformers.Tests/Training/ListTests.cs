using Kansformers.Tests.Cli;
using Kansformers.Training;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Kansformers.Tests.Training;

/// <summary>The trials that every listed optimizer and objective goes through.</summary>
public class ListTests
{
    public static TheoryData<string> OptimizerKinds() => [.. Optimizers.All.Select(entry => entry.Kind)];

    public static TheoryData<string> ObjectiveKinds() => [.. Objectives.All.Select(entry => entry.Kind)];

    [Theory]
    [MemberData(nameof(OptimizerKinds))]
    public void Steps_go_down_a_slope_and_a_saved_state_goes_on_to_the_same_bits(string kind)
    {
        using var scope = NewDisposeScope();
        Kansformers.Training.OptimizerOptions options = Optimizers.Named(kind);
        options.Validate();
        (Parameter[] whole, Parameter[] parts) = (Start(), Start());
        using Optimizer first = new(options, Groups(whole)), second = new(options, Groups(parts));
        double before = Slope(whole);
        Run(first, whole, 20);
        Assert.InRange(Slope(whole), 0, 0.9 * before);

        Run(second, parts, 8);
        using Optimizer resumed = new(options, Groups(parts));
        foreach (((string name, Tensor to), (string other, Tensor from)) in resumed.State.Zip(second.State))
        {
            Assert.Equal(other, name);
            to.copy_(from);
        }

        resumed.Resume(second.Steps);
        Run(resumed, parts, 12);
        Assert.All(whole.Zip(parts), pair => Assert.True(pair.First.eq(pair.Second).all().item<bool>()));
    }

    [Theory]
    [MemberData(nameof(OptimizerKinds))]
    [MemberData(nameof(ObjectiveKinds))]
    public void What_is_listed_is_known_to_the_command_line(string kind) => Assert.Contains(kind, Cli.Cli.Run("train", "--help").Out, StringComparison.Ordinal);

    [Theory]
    [InlineData("--optimizer", "adamv")]
    [InlineData("--objective", "next-word")]
    public void An_unknown_name_is_refused_with_those_that_there_are(string option, string name) =>
        Cli.Cli.AssertFails(Kansformers.Cli.CommandLineApp.BadUsage, [name], "train", option, name);

    private static Parameter[] Start() => [new(arange(12, dtype: ScalarType.Float32).reshape(3, 4) / 6 - 1), new(arange(5, dtype: ScalarType.Float32) - 2)];

    private static ParameterGroup[] Groups(Parameter[] parameters) =>
        [new(ParameterRole.HiddenMatrix, [("matrix", parameters[0])], WeightDecay: 0.1), new(ParameterRole.Vector, [("vector", parameters[1])])];

    private static void Run(Optimizer optimizer, Parameter[] parameters, int steps)
    {
        for (int step = 0; step < steps; step++)
        {
            foreach (Parameter parameter in parameters)
                parameter.grad = parameter.detach() * 2;
            optimizer.Step(0.05);
        }
    }

    private static double Slope(Parameter[] parameters)
    {
        using var guard = no_grad();
        return parameters.Sum(parameter => parameter.pow(2).sum().item<float>());
    }
}
