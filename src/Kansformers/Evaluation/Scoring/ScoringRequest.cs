namespace Kansformers.Evaluation;

/// <summary>Tokens, and how many of the last a model is asked for: how likely are these after those before them?</summary>
/// <param name="Tokens">The ids: at least one to begin with, and at most one more than the model's block size.</param>
/// <param name="Scored">How many of the last tokens are asked for, 0 to all but one.</param>
public sealed record ScoringRequest(int[] Tokens, int Scored)
{
    /// <summary>How many tokens of the context were left out at its beginning, for the block has no room for them.</summary>
    public int ContextCut { get; init; }

    /// <summary>How many tokens of the continuation were left out at its beginning: it alone is longer than the block.</summary>
    public int ContinuationCut { get; init; }

    /// <summary>How many tokens are given and not asked for.</summary>
    public int Given => Tokens.Length - Scored;

    /// <summary>Which request it is: equal tokens of which equally many are asked for have one key.</summary>
    internal UInt128 Key
    {
        get
        {
            System.IO.Hashing.XxHash128 hash = new();
            hash.Append(System.Runtime.InteropServices.MemoryMarshal.AsBytes<int>([Scored]));
            hash.Append(System.Runtime.InteropServices.MemoryMarshal.AsBytes(Tokens.AsSpan()));
            return hash.GetCurrentHashAsUInt128();
        }
    }
}

/// <summary>What a model says of a request.</summary>
/// <param name="LogLikelihood">The log-probability of the tokens that were asked for, in nats; 0 where none was.</param>
/// <param name="Tokens">How many they are.</param>
/// <param name="Greedy">
/// How probably greedy decoding writes them all: 1 where each has the largest logit, 0 where one has not; where logits are equally large, greedy decoding is taken
/// to draw one of them.
/// </param>
public readonly record struct RequestScore(double LogLikelihood, int Tokens, double Greedy);
