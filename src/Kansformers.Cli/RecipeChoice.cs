using System.CommandLine;
using System.Globalization;
using Kansformers.Training;
using Kansformers.Transformers;

namespace Kansformers.Cli;

/// <summary>The option that names a recipe, and what recipes say where the user says nothing.</summary>
internal sealed class RecipeChoice
{
    public readonly Option<string> Option = new("--recipe")
    {
        Description = $"the settings that stand where no option says otherwise: {string.Join("; ", Recipes.All.Select(recipe => $"{recipe.Name}, {recipe.Summary}"))}",
        DefaultValueFactory = _ => Recipes.All[0].Name,
    };

    /// <summary>The recipe.</summary>
    /// <exception cref="UsageException">There is none of that name.</exception>
    public Recipe Read(ParseResult parsed)
    {
        try
        {
            return Recipes.Named(parsed.GetValue(Option)!);
        }
        catch (KansformersException failure)
        {
            throw new UsageException(failure.Message);
        }
    }

    /// <summary>What the recipes say, for a list of options: once where they agree.</summary>
    public static string Default<T>(Func<Recipe, T> value)
    {
        (string Name, string Text)[] all = [.. Recipes.All.Select(recipe => (recipe.Name, string.Create(CultureInfo.InvariantCulture, $"{value(recipe)}")))];
        return all.DistinctBy(entry => entry.Text).Count() == 1 ? all[0].Text : string.Join(", ", all.Select(entry => $"{entry.Text} {entry.Name}"));
    }

    /// <summary>The same of how each trains its own model.</summary>
    public static string Trained<T>(Func<TrainingOptions, T> value) =>
        Default(recipe =>
        {
            ModelOptions model = Families.Preset(recipe.Size.Preset, null).Family.Defaults;
            return value(recipe.Training(model, Objectives.For(model), recipe.Size.Steps));
        });
}
