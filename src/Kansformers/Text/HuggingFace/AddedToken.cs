namespace Kansformers.Text;

/// <summary>A token that is looked for in the text before anything else.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Content">How it is written.</param>
/// <param name="Special">Whether it is a control and no text.</param>
/// <param name="SingleWord">Whether it is only found where no letter touches it.</param>
/// <param name="TakesLeft">Whether it takes the white space before it.</param>
/// <param name="TakesRight">Whether it takes the white space after it.</param>
/// <param name="Normalized">Whether it is looked for in the normalized text.</param>
internal sealed record AddedToken(int Id, string Content, bool Special, bool SingleWord, bool TakesLeft, bool TakesRight, bool Normalized)
{
    /// <summary>Reads what a file says of a token, whose id stands in it or before it.</summary>
    public static AddedToken Read(JsonField item, int id)
    {
        string content = item["content"].Text();
        bool special = item["special"].FlagOr(false);
        return new AddedToken(
            id,
            content.Length > 0 ? content : throw item["content"].Wrong("a text of at least one character"),
            special,
            item["single_word"].FlagOr(false),
            item["lstrip"].FlagOr(false),
            item["rstrip"].FlagOr(false),
            item["normalized"].FlagOr(!special));
    }
}
