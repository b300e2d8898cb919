using Kansformers.Text;
using Kansformers.Training;
using Spectre.Console;

namespace Kansformers.Cli;

/// <summary>Shows a training on standard error: a live bar on a terminal, plain lines when piped.</summary>
internal abstract class TrainingDisplay : IProgress<EncodeProgress>
{
    private static readonly TimeSpan LineInterval = TimeSpan.FromSeconds(10);
    private readonly ByteProgress _preparing = new();
    private ProgressEstimate _estimate = new(1);

    /// <summary>Runs a piece of work with a display that fits where standard error goes.</summary>
    public static T Run<T>(Func<TrainingDisplay, T> work)
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        if (Console.IsErrorRedirected || !console.Profile.Capabilities.Interactive || !console.Profile.Capabilities.Ansi)
            return work(new Lines());
        return console.Progress()
            .AutoClear(true)
            .HideCompleted(true)
            .Columns(new ProgressBarColumn { Width = 24 }, new TaskDescriptionColumn { Alignment = Justify.Left })
            .Start(context => work(new Bar(console, context)));
    }

    /// <summary>A line that stays.</summary>
    public abstract void Say(string line);

    public abstract void Report(EncodeProgress value);

    public void Began(long stepsDone, long stepsInAll) => _estimate = new ProgressEstimate(stepsInAll, stepsDone);

    public void Show(TrainingStep step, long stepsInAll)
    {
        _estimate.Advance(step.Step);
        string left = step.Step < stepsInAll ? TimeLeft.Words(_estimate.TimeLeft, "  ") : "";
        Show(step.Step, stepsInAll, FormattableString.Invariant($"step {step.Step}/{stepsInAll}  loss {step.Loss:0.0000}  lr {step.LearningRate:0.0e+0}  {HumanText.Count((long)step.TokensPerSecond)} tokens/s{left}"));
    }

    public void Show(ValidationReport report)
    {
        string outside = report.OutsideGrid.Count == 0 ? ""
            : FormattableString.Invariant($"  inputs outside the grid {report.OutsideGrid.Average(entry => entry.Share):P0}");
        string measures = string.Concat(report.Measures.Select(measure => FormattableString.Invariant($"  {measure.Name.Replace('_', ' ')} {measure.Value:0.0000}")));
        Say(FormattableString.Invariant($"step {report.Step}  validation loss {report.Loss:0.0000}{measures}{(report.IsBest ? " (best so far, saved)" : "")}{outside}"));
    }

    public void Show(GridUpdateSummary grids) =>
        Say(FormattableString.Invariant($"step {grids.Step}  grids of {grids.Layers} KAN layers moved {grids.Moved:P1} of the way; outputs changed by {grids.Change:0.0e+0} at most on the samples, {grids.ChangeAnywhere:0.0e+0} anywhere"));

    public void Show(GridRefinementSummary grids) =>
        Say(FormattableString.Invariant($"step {grids.Step}  grids of {grids.Layers} KAN layers refined to size {grids.GridSize}; outputs changed by {grids.Change:0.0e+0} at most; {HumanText.Count(grids.Parameters)} parameters"));

    protected abstract void Show(long step, long stepsInAll, string line);

    private sealed class Lines : TrainingDisplay
    {
        private long? _last;
        private long _lastReport = Environment.TickCount64;

        public override void Say(string line) => Console.Error.WriteLine(LibraryWords.ToFlags(line));

        public override void Report(EncodeProgress value)
        {
            if (value.Notice is string notice)
            {
                Say(notice);
                return;
            }

            string line = EncodingDisplay.Line(_preparing, value);
            long now = Environment.TickCount64;
            if (now - _lastReport < LineInterval.TotalMilliseconds)
                return;
            _lastReport = now;
            Say(line);
        }

        protected override void Show(long step, long stepsInAll, string line)
        {
            long now = Environment.TickCount64;
            if (step != stepsInAll && now - _last < LineInterval.TotalMilliseconds)
                return;
            _last = now;
            Say(line);
        }
    }

    private sealed class Bar(IAnsiConsole console, ProgressContext context) : TrainingDisplay
    {
        private ProgressTask? _encoding;
        private ProgressTask? _training;

        public override void Say(string line) => console.WriteLine(LibraryWords.ToFlags(line));

        public override void Report(EncodeProgress value)
        {
            if (value.Notice is string notice)
            {
                Say(notice);
                return;
            }

            _encoding ??= context.AddTask("reading the corpus");
            (_encoding.MaxValue, _encoding.Value) = (Math.Max(1, value.BytesTotal), value.BytesDone);
            _encoding.Description = Markup.Escape(EncodingDisplay.Line(_preparing, value));
        }

        protected override void Show(long step, long stepsInAll, string line)
        {
            if (_encoding is not null && !_encoding.IsFinished)
                _encoding.Value = _encoding.MaxValue;
            _training ??= context.AddTask("training", maxValue: stepsInAll);
            _training.Value = step;
            _training.Description = Markup.Escape(line);
        }
    }
}
