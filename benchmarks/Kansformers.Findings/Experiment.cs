namespace Kansformers.Findings;

/// <summary>A question, and the short trainings that answer it. An experiment is one file, and a line in <see cref="Experiments.All"/>.</summary>
internal abstract class Experiment
{
    /// <summary>As the command line names it.</summary>
    public abstract string Name { get; }

    /// <summary>What it asks, in a line.</summary>
    public abstract string Summary { get; }

    /// <summary>Trains what it needs, and says what came of it: a function of text and scale alone.</summary>
    public abstract Finding Run(Workbench bench);
}

/// <summary>The experiments, in the order in which they are told.</summary>
internal static class Experiments
{
    public static IReadOnlyList<Experiment> All { get; } =
    [
        new OutsideTheGrid(),
        new WhatSplinesDo(),
        new ScaleByDepth(),
        new FromTheOriginal(),
        new FromGoodSettings(),
        new Temperature(),
        new BlockOrModelSize(),
        new ScalingExponents(),
        new TimePerToken(),
        new LossCurves(),
    ];

    /// <exception cref="UsageException">There is none of this name.</exception>
    public static Experiment Named(string name) => All.FirstOrDefault(experiment => experiment.Name == name)
        ?? throw new UsageException($"there is no experiment '{name}': use {string.Join(", ", All.Select(experiment => experiment.Name))}");
}
